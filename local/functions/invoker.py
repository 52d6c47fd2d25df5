"""One invocation as the host does it: run the function, then apply its outputs, then return."""

import logging
from collections.abc import Mapping
from typing import Any

from local.functions.bindings import Binding, Function
from local.functions.outputs import queue_messages, signalr_effects
from local.functions.queues import Queues
from local.functions.signalr_sink import SignalRSink, apply
from local.functions.values import Value
from local.functions.worker import FunctionFailed, Worker

log = logging.getLogger("local.functions.host")


class Invoker:
    """Runs functions against the output bindings of this host."""

    def __init__(self, worker: Worker, sink: SignalRSink, queues: Queues) -> None:
        self._worker = worker
        self._sink = sink
        self._queues = queues

    async def run(
        self, function: Function, value: Any, metadata: Mapping[str, Any] | None = None
    ) -> Value:
        """The return value, once every output is applied, as on Azure.

        Raises FunctionFailed if the function raises or an output is malformed, and logs it: the
        function, the error's type and its place, never its text, which may quote a message.
        """
        try:
            inputs = {function.trigger.name: value}
            outcome = await self._worker.invoke(function.name, inputs, metadata)
            self._apply(function, outcome.value, outcome.outputs)
        except FunctionFailed as failure:
            log.error("%s failed: %s", function.name, failure.place)
            raise
        return outcome.value

    def _apply(self, function: Function, value: Value, outputs: Mapping[str, Value]) -> None:
        named = dict(outputs)
        if any(binding.name == "$return" for binding in function.outputs):
            named["$return"] = value
        elif isinstance(value, dict):
            # azure-functions-host `HandleOutputDictionary`: without a $return binding, the members
            # of a returned object are outputs by name.
            named |= value
        for binding in function.outputs:
            output = named.get(binding.name)
            if output is not None and binding.type.lower() != "http":
                self._output(binding, output)

    def _output(self, binding: Binding, value: Value) -> None:
        try:
            if binding.type.lower() == "signalr":
                apply(signalr_effects(value), binding.text("hubName"), self._sink)
                return
            for message in queue_messages(value):
                self._queues.put(binding.text("queueName"), message)
        except ValueError as error:  # BadOutput, or arguments the sink cannot send
            raise FunctionFailed(f"The output {binding.name!r} is refused: {error}") from error
