"""A process that dies at a certain request, before or after the cloud has acted on it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from pulumi.dynamic import Config, ConfigureRequest

from huaweicloud.exchange import Call
from huaweicloud.http import Transport
from providers import abandoned, accounted, catalogues, ownership, session
from providers.build_identity import BuildIdentityProvider

Phase = Literal["before", "after"]


class Crash(BaseException):
    """The end of a process; nothing in it may catch this."""


@contextmanager
def crash_at(number: int, phase: Phase, method: str | None = None) -> Iterator[None]:
    """Die at the n-th request from now on, or the n-th of a method; a run of fewer requests lives on.

    Afterwards there is a new process.
    """
    exchange, left = Transport.exchange, number

    def dying(self: Transport, call: Call, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        nonlocal left
        if method not in (None, call.method):
            return exchange(self, call, headers)
        left -= 1
        if left == 0 and phase == "before":
            raise Crash
        answer = exchange(self, call, headers)
        if left == 0:
            raise Crash
        return answer

    Transport.exchange = dying  # type: ignore[method-assign]
    try:
        yield
    except Crash:
        pass
    finally:
        Transport.exchange = exchange  # type: ignore[method-assign]
        new_process()


def new_process() -> None:
    """Forget what a process of the providers remembers."""
    session._clouds.clear()
    accounted._builds.clear()
    ownership.forget()
    abandoned.forget()
    catalogues._known.clear()
    BuildIdentityProvider().configure(ConfigureRequest(Config({}, "image-from-iso")))
