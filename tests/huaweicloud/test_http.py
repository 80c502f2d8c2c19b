"""Connections, responses and limits of the sender."""

import logging
import threading
from dataclasses import replace

import pytest

from huaweicloud.errors import tree
from huaweicloud.transport.rate_limit import FULL_RATE_PER_S
from huaweicloud.transport.retry import ATTEMPTS_ON_INVALID_RESPONSES
from huaweicloud.transport.sender import Sender
from tests.huaweicloud.conftest import request_to
from tests.huaweicloud.replies import OK
from tests.huaweicloud.scripted_server import Reply, ScriptedServer


def test_a_success_is_returned_with_its_data(sender: Sender, server: ScriptedServer) -> None:
    server.reply(OK)

    response = sender.send(request_to(server))

    assert response.data == {"images": []}
    assert response.request_id == "req-1"
    assert sender.request_counts == {"ims": 1}


def test_json_under_another_content_type_is_read(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(200, {"images": []}, {"Content-Type": "text/html"}))

    assert sender.send(request_to(server)).data == {"images": []}


def test_a_page_of_a_proxy_is_no_response(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(200, b"<html><body>Please sign in</body></html>", {"Content-Type": "text/html"}))

    with pytest.raises(tree.InvalidResponse, match="not JSON"):
        sender.send(request_to(server))

    assert len(server.received) == ATTEMPTS_ON_INVALID_RESPONSES


def test_an_endless_response_is_cut(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(200, b"[" + b"1," * 1000 + b"1]"))

    with pytest.raises(tree.InvalidResponse, match="longer than 100 bytes"):
        sender.send(request_to(server, limit_bytes=100))


def test_a_redirect_is_not_followed(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(302, b"", {"Location": server.url + "/elsewhere"}))

    with pytest.raises(tree.ApiError) as raised:
        sender.send(request_to(server))

    assert raised.value.status == 302
    assert "endpoint" in raised.value.hint
    assert len(server.received) == 1


def test_cookies_are_not_kept(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(200, {}, {"Set-Cookie": "a=b"}))

    sender.send(request_to(server))
    sender.send(request_to(server))

    assert all("cookie" not in received.headers for received in server.received)


def test_what_must_not_be_repeated_gets_a_connection_of_its_own(sender: Sender, server: ScriptedServer) -> None:
    server.reply(OK)

    sender.send(request_to(server, "GET"))
    sender.send(request_to(server, "POST", body=b"{}"))
    sender.send(request_to(server, "POST", body=b"{}", idempotent=True))
    sender.send(request_to(server, "GET"))

    assert [1, 2, 1, 1] == [received.connection for received in server.received]


def test_a_connection_that_the_server_keeps_is_not_used_for_what_must_not_be_repeated(
    sender: Sender, server: ScriptedServer
) -> None:
    server.reply(Reply(200, {}, {"Connection": "keep-alive"}))

    for _ in range(3):
        sender.send(request_to(server, "POST", body=b"{}"))

    assert [1, 2, 3] == [received.connection for received in server.received]


def test_a_netrc_file_does_not_replace_the_signature(
    sender: Sender, server: ScriptedServer, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.reply(OK)

    sender.send(request_to(server, headers={"Authorization": "SDK-HMAC-SHA256 mine"}))

    assert server.received[0].headers["authorization"] == "SDK-HMAC-SHA256 mine"


def test_this_machine_is_not_reached_through_a_proxy(
    sender: Sender, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.reply(OK)

    assert sender.send(request_to(server)).status == 200


def test_a_tls_failure_is_not_tried_again(sender: Sender, server: ScriptedServer) -> None:
    secure = replace(request_to(server), base_url=server.url.replace("http:", "https:"))

    with pytest.raises(tree.Unreachable, match="TLS") as raised:
        sender.send(secure)

    assert raised.value.attempts == 1


def test_what_is_sent_is_what_was_encoded(sender: Sender, server: ScriptedServer) -> None:
    server.reply(OK)

    sender.send(request_to(server, path="/v2/a%2Fb%20c~", query=(("name", "a b+c/中~"), ("limit", "2"), ("empty", ""))))

    assert server.received[0].target == "/v2/a%2Fb%20c~?empty=&limit=2&name=a%20b%2Bc%2F%E4%B8%AD~"


def test_a_secret_that_the_service_echoes_is_taken_out(
    sender: Sender, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(Reply(400, {"error": {"code": "IMG.0001", "message": "token tok-123 is odd, so is pass-456"}}))

    with pytest.raises(tree.ApiError) as raised:
        sender.send(request_to(server, headers={"X-Auth-Token": "tok-123"}, secrets=("pass-456",)))

    for text in (str(raised.value), repr(raised.value), caplog.text):
        assert "tok-123" not in text
        assert "pass-456" not in text


def test_many_threads_share_one_sender(cancelled: threading.Event, server: ScriptedServer) -> None:
    server.respond(lambda received: Reply(body={"images": [received.query["n"]]}))
    responses: dict[int, object] = {}

    with Sender(cancelled) as sender:
        threads = [
            threading.Thread(
                target=lambda n=n: responses.update({n: sender.send(request_to(server, query=(("n", str(n)),))).data})
            )
            for n in range(64)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert responses == {n: {"images": [str(n)]} for n in range(64)}
    assert sender.request_counts == {"ims": 64}


def test_a_services_clock_is_read_from_its_responses(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(headers={"Date": "Tue, 01 Jan 2030 00:00:00 GMT"}))
    assert sender.service_time("ims") is None

    sender.send(request_to(server))

    assert (noted := sender.service_time("ims")) is not None
    assert noted.isoformat().startswith("2030-01-01T00:00:0")


def test_a_limit_on_tasks_does_not_slow_requests_down(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(400, {"error": {"code": "IMG.0060", "message": "too many tasks"}}), OK)

    sender.send(request_to(server, "POST", body=b"{}"))

    assert sender.rate_per_s("ims") == FULL_RATE_PER_S


def test_a_limit_on_requests_slows_all_of_them_down(sender: Sender, server: ScriptedServer) -> None:
    server.reply(Reply(429, {"error_code": "APIGW.0308", "error_msg": "limit"}), OK)

    sender.send(request_to(server))

    assert sender.rate_per_s("ims") < FULL_RATE_PER_S
    assert sender.rate_per_s("ecs") == FULL_RATE_PER_S
