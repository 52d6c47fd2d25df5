"""One invocation as the host does it: run the function, then apply its outputs, then return.

Source: azure-functions-host, `WorkerFunctionInvoker`: outputs are bound after the function has
returned, all bindings at once, the items of one binding one after the other; one that fails fails
the invocation, and nothing is undone.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from local.functions.bindings import Binding, Function
from local.functions.outputs import queue_messages, signalr_effects
from local.functions.queues import MessageQueues
from local.functions.signalr_rest import OutputFailed
from local.functions.signalr_sink import Outputs
from local.functions.values import Value
from local.functions.worker import FunctionFailed, OutputFailure, Worker

log = logging.getLogger("local.functions.host")


class Invoker:
    """Runs functions against the output bindings of this host."""

    def __init__(self, worker: Worker, outputs: Outputs, queues: MessageQueues) -> None:
        self._worker = worker
        self._outputs = outputs
        self._queues = queues

    async def run(
        self, function: Function, value: Any, metadata: Mapping[str, Any] | None = None
    ) -> Value:
        """The return value, once every output is applied, as on Azure.

        Raises FunctionFailed if the function raises or an output fails, and logs it: the
        function, the error's type and its place, never its text, which may quote a message.
        """
        try:
            inputs = {function.trigger.name: value}
            outcome = await self._worker.invoke(function.name, inputs, metadata)
            await self._apply(function, outcome.value, outcome.outputs)
        except FunctionFailed as failure:
            log.error("%s failed: %s", function.name, failure.place)
            raise
        return outcome.value

    async def _apply(self, function: Function, value: Value, outputs: Mapping[str, Value]) -> None:
        named = dict(outputs)
        if any(binding.name == "$return" for binding in function.outputs):
            named["$return"] = value
        elif isinstance(value, dict):
            # azure-functions-host `HandleOutputDictionary`: without a $return binding, the members
            # of a returned object are outputs by name.
            named |= value
        bound = [
            self._output(binding, named[binding.name])
            for binding in function.outputs
            if named.get(binding.name) is not None and binding.type.lower() != "http"
        ]
        for failed in await asyncio.gather(*bound, return_exceptions=True):
            if failed is not None:
                raise failed

    async def _output(self, binding: Binding, value: Value) -> None:
        try:
            if binding.type.lower() == "signalr":
                for effect in signalr_effects(value):
                    await self._outputs.carry_out(effect, binding.text("hubName"))
                return
            for message in queue_messages(value):
                await self._queues.put(binding.text("queueName"), message)
        except OutputFailed as failed:
            raise OutputFailure(binding.name, failed) from None
        except ValueError as error:  # BadOutput, or arguments the sink cannot send
            raise FunctionFailed(f"The output {binding.name!r} is refused: {error}") from error
