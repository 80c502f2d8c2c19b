"""Requests that are sent again, those that are not, and the end of the attempts."""

import socket
import threading
import time
from dataclasses import replace

import pytest

from huaweicloud.errors import tree
from huaweicloud.transport.sender import Sender
from tests.huaweicloud.conftest import NoJitter, request_to
from tests.huaweicloud.replies import BROKEN, BUSY, OK, RESET
from tests.huaweicloud.scripted_server import Reply, ScriptedServer


@pytest.mark.parametrize("failure", [BROKEN, BUSY, RESET, Reply(fault="truncate", body={"images": [1, 2, 3]})])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_repeatable_request_is_sent_again(
    sender: Sender, server: ScriptedServer, method: str, failure: Reply
) -> None:
    server.reply(failure, OK)

    sender.send(request_to(server, method))

    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (BROKEN, tree.ServerSideError),
        (RESET, tree.ConnectionLost),
        (Reply(fault="truncate", body={"job_id": "j1"}), tree.InvalidResponse),
        (Reply(200, b"<html>", {"Content-Type": "text/html"}), tree.InvalidResponse),
    ],
)
def test_a_post_is_not_repeated_when_something_may_have_happened(
    sender: Sender, server: ScriptedServer, failure: Reply, kind: type[tree.CloudError]
) -> None:
    server.reply(failure, OK)

    with pytest.raises(kind) as raised:
        sender.send(request_to(server, "POST", body=b"{}"))

    assert not raised.value.nothing_happened
    assert len(server.received) == 1


def test_a_post_is_not_repeated_after_a_timeout(cancelled: threading.Event, server: ScriptedServer) -> None:
    server.reply(Reply(fault="hold"))
    with Sender(cancelled, rng=NoJitter(), read_timeout_s=0.2) as sender, pytest.raises(tree.TimedOut):
        sender.send(request_to(server, "POST", body=b"{}"))

    assert len(server.received) == 1


@pytest.mark.parametrize(
    "refusal",
    [BUSY, Reply(429, {}), Reply(202, {"error": {"code": "Common.0024", "message": "exceeds flow over limit"}})],
)
def test_a_post_is_repeated_when_it_was_refused_as_one_too_many(
    sender: Sender, server: ScriptedServer, refusal: Reply
) -> None:
    server.reply(refusal, OK)

    sender.send(request_to(server, "POST", body=b"{}"))

    assert len(server.received) == 2


@pytest.mark.parametrize("failure", [BROKEN, RESET])
def test_a_post_with_a_client_token_is_repeated_with_the_same_token(
    sender: Sender, server: ScriptedServer, failure: Reply
) -> None:
    server.reply(failure, OK)

    sender.send(request_to(server, "POST", body=b"{}", headers={"X-Client-Token": "t1"}))

    assert ["t1", "t1"] == [received.headers["x-client-token"] for received in server.received]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_an_error_that_will_not_pass_is_not_repeated(sender: Sender, server: ScriptedServer, status: int) -> None:
    server.reply(Reply(status, {"error": {"code": "Ecs.0005", "message": "no"}}))

    with pytest.raises(tree.ApiError):
        sender.send(request_to(server))

    assert len(server.received) == 1


def test_retry_after_is_honoured(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(429, {}, {"Retry-After": "1"}), OK)
    started = time.monotonic()

    sender.send(request_to(server))

    assert time.monotonic() - started >= 1


def test_a_retry_after_beyond_the_deadline_ends_at_once(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(429, {}, {"Retry-After": "3600"}))

    with pytest.raises(tree.RateLimited) as raised:
        sender.send(request_to(server))

    assert raised.value.retry_after == 3600
    assert len(server.received) == 1


def test_all_attempts_together_have_a_deadline(cancelled: threading.Event, server: ScriptedServer) -> None:
    server.reply(BROKEN)
    started = time.monotonic()

    with Sender(cancelled, total_deadline_s=1) as sender, pytest.raises(tree.ServerSideError, match="tried"):
        sender.send(request_to(server))

    assert time.monotonic() - started < 10


def test_a_host_that_never_responded_gets_few_attempts(sender: Sender, server: ScriptedServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(tree.Unreachable, match="cannot be reached: Connection refused") as raised:
            sender.send(replace(request_to(server, "POST"), base_url=url))

    assert raised.value.nothing_happened
    assert raised.value.attempts == 3


def test_cancelling_ends_a_wait_for_the_next_attempt_at_once(server: ScriptedServer) -> None:
    cancelled = threading.Event()
    server.reply(Reply(429, {}, {"Retry-After": "30"}))
    started = time.monotonic()
    with Sender(cancelled) as sender:

        def cancel_once_it_arrived() -> None:
            server.arrived.acquire()
            cancelled.set()

        stopper = threading.Thread(target=cancel_once_it_arrived)
        stopper.start()
        with pytest.raises(tree.Cancelled):
            sender.send(request_to(server))
        stopper.join()

    assert time.monotonic() - started < 5


def test_nothing_is_sent_once_cancelled(sender: Sender, server: ScriptedServer, cancelled: threading.Event) -> None:
    cancelled.set()

    with pytest.raises(tree.Cancelled):
        sender.send(request_to(server))

    assert server.received == []
