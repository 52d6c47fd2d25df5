"""Microsoft's own Python worker code, in process: indexes, loads, type-checks and invokes an app.

`azure-functions-runtime` is what production runs on Python 3.13. It is driven here through its
public init request and, for invocations, through `native_invocation`: the same decoding, execution
and encoding as the gRPC path, without building protobuf messages on both sides (about a third of
the overhead). Its state is module-global and the app is imported as `function_app`, so there is
one Worker per process.
"""

import json
import logging
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.native_invocation import invocation_request_native

from local.functions import protos
from local.functions.bindings import Function, HostRefusal, parse_binding
from local.functions.signalr_rest import OutputFailed
from local.functions.values import HttpRequest, HttpResponse, Outcome, Value

# The runtime appends this, and the whole sys.path, to every ImportError of the app.
_IMPORT_ADVICE = ". Cannot find module. Please check the requirements.txt"


class FunctionFailed(Exception):
    """The function raised, or its values do not fit its bindings. `str()` is the host's text."""

    def __init__(self, summary: str, stack: str = "") -> None:
        # The text of the host's RpcException, which is what a SignalR caller gets to read.
        super().__init__(f"Result: Failure\nException: {summary}\nStack: {stack}")
        self.summary = summary
        self.stack = stack

    @property
    def place(self) -> str:
        """The error's type and the app's line it came from, without its message: fit for a log."""
        where = _app_line(self.stack) or "its bindings"
        # The runtime's summary is the exception's repr: its type ends at the parenthesis.
        return f"{self.summary.partition('(')[0]} in {where}" if self.stack else self.summary


class OutputFailure(FunctionFailed):
    """An output failed after the function had returned. `str()` is the .NET exception's text."""

    def __init__(self, output: str, failed: OutputFailed) -> None:
        super().__init__(f"{failed.kind} in the output {output!r}")
        self.args = (str(failed),)


_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)
_NOT_THE_APP = re.compile(r"/site-packages/|/lib/python3|<frozen")


def _app_line(stack: str) -> str:
    """The deepest line of the app in a traceback's text, as "function_app.py, line 12"."""
    frames = [frame for frame in _FRAME.findall(stack) if not _NOT_THE_APP.search(frame[0])]
    return f"{Path(frames[-1][0]).name}, line {frames[-1][1]}" if frames else ""


def text(value: str) -> Any:
    """A string input."""
    return Datum(value, "string")


def json_text(value: str) -> Any:
    """A JSON input, already written as text."""
    return Datum(value, "json")


def http(request: HttpRequest) -> Any:
    """The input of an httpTrigger."""

    def texts(values: Mapping[str, str]) -> dict[str, Any]:
        return {key: Datum(value, "string") for key, value in values.items()}

    members = {
        "method": Datum(request.method, "string"),
        "url": Datum(request.url, "string"),
        "headers": texts(request.headers),
        "query": texts(request.query),
        "params": texts(request.route),
        "body": Datum(request.body, "bytes"),
    }
    return Datum(members, "http")


class Worker:
    """One indexed app. Make it with `await Worker.start(app_dir)`."""

    def __init__(self, functions: Sequence[Function]) -> None:
        self.functions = MappingProxyType({function.name: function for function in functions})
        # An id per invocation in the shape of a GUID; a fresh uuid4 would cost as much as the call.
        self._id_prefix = str(uuid.uuid4())[:24]
        self._ids = count(1)

    @classmethod
    async def start(cls, app_dir: Path) -> "Worker":
        """Index the `function_app.py` in `app_dir`.

        Raises HostRefusal, in words, if it is missing, cannot be imported or does not load.
        """
        if not (app_dir / "function_app.py").is_file():
            raise HostRefusal(f"There is no function_app.py in {app_dir}.")
        sys.path.insert(0, str(app_dir))
        _mute_failure_log()
        runtime.start_threadpool_executor()
        request = SimpleNamespace(capabilities={}, function_app_directory=str(app_dir))
        started = await runtime.worker_init_request(_event(worker_init_request=request))
        if started.result.status != protos.StatusResult.Success:
            raise HostRefusal(_loading_error(started.result.exception))
        listed = await runtime.functions_metadata_request(_event())
        return cls([_function(metadata) for metadata in listed.function_metadata_results or ()])

    async def invoke(
        self, name: str, inputs: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> Outcome:
        """Run a function. Inputs and trigger metadata are made with `text`, `json_text`, `http`.

        Raises FunctionFailed with the function's exception text, as the host would see it.
        """
        ok, value, outputs, error, stack = await invocation_request_native(
            f"{self._id_prefix}{next(self._ids):012x}",
            self.functions[name].id,
            list(inputs.items()),
            metadata or {},
        )
        if not ok:
            raise FunctionFailed(error, stack)
        try:
            return Outcome(_value(value), {key: _value(datum) for key, datum in outputs})
        except (TypeError, ValueError, RecursionError) as failure:
            raise FunctionFailed(f"{type(failure).__name__}: {failure}") from failure

    def stop(self) -> None:
        """Start no more synchronous functions. Those at work go on; `stop` does not wait."""
        runtime.get_threadpool_executor().shutdown(wait=False, cancel_futures=True)


def _event(**members: Any) -> SimpleNamespace:
    """The envelope every entry point of the runtime takes."""
    properties = {"host": "127.0.0.1", "protos": protos}
    return SimpleNamespace(request=SimpleNamespace(**members), properties=properties)


def _function(metadata: Any) -> Function:
    bindings = tuple(parse_binding(json.loads(raw)) for raw in metadata.raw_bindings)
    return Function(metadata.name, metadata.function_id, bindings)


def _loading_error(exception: Any) -> str:
    reason = exception.message.partition(_IMPORT_ADVICE)[0]
    line = _app_line(exception.stack_trace)
    return f"The app does not load. {reason}" + (f" ({line})" if line else "")


def _mute_failure_log() -> None:
    """The runtime logs each failure with the exception's text, which may quote a message's body.

    Failures to load it logs too; they are raised as HostRefusal, so once is enough.
    """

    def keep(record: logging.LogRecord) -> bool:
        return record.module not in ("native_invocation", "wrappers")

    logging.getLogger("azure.functions").addFilter(keep)


def _value(datum: Any) -> Value:
    """What reaches the .NET host, after the runtime's `datum_as_proto`.

    TypedData has no dict, list or bool: the first two travel as JSON, so they must fit JSON, and
    `True` arrives as 1.
    """
    if datum is None or datum.type is None:
        return None
    match datum.type:
        case "dict" | "list":
            return json.loads(json.dumps(datum.value))  # type: ignore[no-any-return]
        case "json":
            return json.loads(datum.value)  # type: ignore[no-any-return]
        case "int" | "bool":
            return int(datum.value)
        case "http":
            return _http_response(datum.value)
        case "string" | "bytes" | "double":
            return datum.value  # type: ignore[no-any-return]
        case other:
            raise TypeError(f"a value of kind {other} cannot leave a function")


def _http_response(members: Mapping[str, Any]) -> HttpResponse:
    cookies: list[SimpleCookie] = members["cookies"] or []
    return HttpResponse(
        status=int(members["status_code"].value),
        headers={key: header.value for key, header in members["headers"].items()},
        cookies=tuple(morsel.OutputString() for cookie in cookies for morsel in cookie.values()),
        body=members["body"].value,
    )
