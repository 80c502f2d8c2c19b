"""A process that dies at a certain request, before or after the cloud has processed it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from huaweicloud import polling
from huaweicloud.errors import ConnectionLost
from huaweicloud.transport import poll_budget
from huaweicloud.transport.http import Transport
from huaweicloud.transport.messages import Request
from huaweicloud.waits import poll_interval
from providers import lookups
from providers.build_identity import BuildIdentityProvider
from providers.channels import published_images
from providers.images import copy_collection
from providers.lifecycle import garbage_collection, image_creation, ownership, superseded_builds
from providers.runtime import clients, declared, similar_builds

SHORTENED = (
    (poll_interval, "MIN_INTERVAL_S", 0.01),
    (poll_budget, "PER_SECOND", 1e6),
    (poll_budget.shared, "per_second", 1e6),
    (polling, "JOB_MAY_BE_LATE_S", 1.0),
    (image_creation, "LISTED_WITHIN_S", 1.0),
    (garbage_collection, "SETTLE_S", 0.2),
    (garbage_collection, "REPEAT_AFTER_S", 0.05),
)
CONFIGURATION: dict[str, str] = {}
"""Configuration of the stack in each new process."""
Phase = Literal["before", "after"]
Interruption = Literal["kill", "reset", "500"]


def shorten_waits(patch: pytest.MonkeyPatch) -> None:
    """Shorten the waits of the providers, because a lab on this machine needs no second between two polls."""
    for module, name, value in SHORTENED:
        patch.setattr(module, name, value)


@contextmanager
def shortened_waits() -> Iterator[pytest.MonkeyPatch]:
    """Shorten the waits of the providers until the end of the block."""
    with pytest.MonkeyPatch.context() as patch:
        shorten_waits(patch)
        yield patch


class Crash(BaseException):
    """End of a process; no code in it may catch this."""


@contextmanager
def crash_at(
    number: int, phase: Phase, method: str | None = None, interruption: Interruption = "kill"
) -> Iterator[None]:
    """
    End the process at the n-th request from now on, or the n-th of a method; a run of fewer requests continues.

    Afterwards there is a new process.

    Args:
        number: Number of the request, from 1.
        phase: Before or after the cloud has acted on the request.
        method: HTTP method of the requests that count; all, if it is not given.
        interruption: End of the process, or loss of the connection or status 500, after which the process continues.
    """
    send, left = Transport.send, number

    def dying(self: Transport, request: Request, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        nonlocal left
        if method not in (None, request.method):
            return send(self, request, headers)
        left -= 1
        if left == 0 and phase == "before":
            return _fail(interruption)
        response = send(self, request, headers)
        return _fail(interruption) if left == 0 else response

    Transport.send = dying  # type: ignore[method-assign]
    try:
        yield
    except Crash:
        pass
    finally:
        Transport.send = send  # type: ignore[method-assign]
        new_process()


@contextmanager
def recorded_requests(progress: Callable[[], int]) -> Iterator[list[tuple[str, int]]]:
    """
    Record each request that is sent.

    Args:
        progress: Number of operations that the state has recorded so far.

    Returns:
        The method of each request, and the progress when it was sent.
    """
    send, sent = Transport.send, list[tuple[str, int]]()

    def noting(self: Transport, request: Request, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        sent.append((request.method, progress()))
        return send(self, request, headers)

    Transport.send = noting  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        Transport.send = send  # type: ignore[method-assign]


def _fail(interruption: Interruption) -> tuple[int, dict[str, str], bytes]:
    if interruption == "kill":
        raise Crash
    if interruption == "reset":
        raise ConnectionLost("the connection was closed by the test")
    return 500, {}, b'{"error": {"code": "Common.0001", "message": "failed by the test"}}'


def new_process() -> None:
    """Discard everything that a process of the providers remembers."""
    clients._clouds.clear()
    garbage_collection.forget()
    declared.forget()
    ownership.forget()
    published_images.forget()
    superseded_builds.forget()
    similar_builds.forget()
    lookups.forget()
    copy_collection.forget()
    BuildIdentityProvider().configure(ConfigureRequest(Config(dict(CONFIGURATION), "image-from-iso")))
