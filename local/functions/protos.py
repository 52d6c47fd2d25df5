"""Stand-ins for the protobuf module that Microsoft's worker code expects to be handed.

The runtime takes the gRPC messages as an injected module (`properties["protos"]`) and only reads
and writes attributes on them, so plain classes do. What matters, read in azure-functions-runtime
1.3.0: an absent member must raise AttributeError, and the enum members must differ. Invocations
take the runtime's native seam, so only what indexing touches is here.
"""

from types import SimpleNamespace


class Message(SimpleNamespace):
    """A message with the members it was made with."""


class BindingInfo(Message):
    """The enum members of `BindingInfo.Direction` and `BindingInfo.DataType`."""

    # `in` is a keyword in Python, so the directions are set below the class.
    out = 1
    inout = 2
    undefined = 0
    string = 1
    binary = 2
    stream = 3


setattr(BindingInfo, "in", 0)


class StatusResult(Message):
    """The enum members of `StatusResult.Status`."""

    Failure = 0
    Success = 1
    Cancelled = 2


RpcException = WorkerInitResponse = WorkerMetadata = FunctionMetadataResponse = Message
FunctionLoadResponse = RpcFunctionMetadata = RpcRetryOptions = Message
