"""A call that is left behind when its time is over.

It runs in a thread of its own: the timeouts of an HTTP client bound neither the look-up of a name
nor an answer that trickles in.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread


class Late(Exception):
    """The call did not end in time."""


def within[T](seconds: float, call: Callable[[], T]) -> T:
    """What the call returns or raises; Late if it has done neither after `seconds`."""
    future = start(call)
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():  # just now, or the call itself raised it
            return future.result()
    raise Late


def start[T](call: Callable[[], T]) -> "Future[T]":
    """Run a call in the background. An error stays in the future."""
    future: Future[T] = Future()
    Thread(target=_run, args=(call, future), name="turn", daemon=True).start()
    return future


def _run[T](call: Callable[[], T], future: "Future[T]") -> None:
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)
