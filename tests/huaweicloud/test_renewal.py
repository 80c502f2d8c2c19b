"""Tokens and temporary keys that are shared, renewed before they run out, and replaced when they are refused."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from huaweicloud.auth.authentication import Renewed
from huaweicloud.auth.credentials import AccessKeyCredentials, AgencyCredentials
from huaweicloud.errors import tree
from tests.huaweicloud.account import DAY_S, EXPIRED, Account, paths
from tests.huaweicloud.conftest import KEY, USER, Connect
from tests.huaweicloud.scripted_server import Reply, ScriptedServer


def test_many_threads_fetch_one_token(connect: Connect, server: ScriptedServer) -> None:
    account = Account(server)
    cloud = connect(USER, project_id=None)
    threads = [threading.Thread(target=cloud.ims.list_images, kwargs={"name": str(n)}) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert account.given == 1
    assert cloud.request_counts["ims"] == 32


def test_a_token_that_is_refused_is_replaced_and_even_a_post_goes_out_again(
    connect: Connect, server: ScriptedServer
) -> None:
    account = Account(server)
    cloud = connect(USER, project_id=None)
    cloud.ims.list_images()
    account.good.clear()

    with pytest.raises(tree.InvalidResponse):  # the account knows no such call, but lets it pass
        cloud.ecs.start_servers(["s1"])

    assert paths(server)[-3:] == [
        "POST /v1/p-token/cloudservers/action",
        "POST /v3/auth/tokens",
        "POST /v1/p-token/cloudservers/action",
    ]


def test_many_threads_replace_a_refused_token_once(connect: Connect, server: ScriptedServer) -> None:
    account = Account(server)
    cloud = connect(USER, project_id=None)
    cloud.ims.list_images()
    account.good.clear()
    threads = [threading.Thread(target=cloud.ims.list_images) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert account.given == 2


def test_a_token_that_is_refused_again_ends_in_an_error(connect: Connect, server: ScriptedServer) -> None:
    account = Account(server)
    cloud = connect(USER, project_id=None)
    response = account.response
    server.respond(lambda received: response(received) if "auth" in received.path else EXPIRED)

    with pytest.raises(tree.CredentialsExpired):
        cloud.ims.list_images()

    assert len([path for path in paths(server) if "cloudimages" in path]) == 2


def test_an_agency_is_taken_on_with_a_key_and_again_when_refused(connect: Connect, server: ScriptedServer) -> None:
    account = Account(server)
    cloud = connect(AgencyCredentials(KEY, "agency", "other"))
    cloud.ims.list_images()
    account.good.clear()
    cloud.ims.list_images()

    assert paths(server) == [
        "POST /v3.0/OS-CREDENTIAL/securitytokens",
        "GET /v2/cloudimages",
        "GET /v2/cloudimages",
        "POST /v3.0/OS-CREDENTIAL/securitytokens",
        "GET /v2/cloudimages",
    ]
    assert "Access=AKTEST0001" in server.received[0].headers["authorization"]
    assert "Access=tmp-ak" in server.received[1].headers["authorization"]
    assert server.received[-1].headers["x-security-token"] == "key-2"


def test_a_given_temporary_key_that_has_expired_is_not_even_sent(connect: Connect, server: ScriptedServer) -> None:
    key = AccessKeyCredentials("ak", "sk", "st", datetime.now(UTC) - timedelta(seconds=1))

    with pytest.raises(tree.CredentialsExpired, match="expired") as raised:
        connect(key).ims.list_images()

    assert server.received == []
    assert "temporary" in raised.value.hint


def test_a_given_temporary_key_that_is_refused_as_expired_reports_it(connect: Connect, server: ScriptedServer) -> None:
    server.reply(EXPIRED)

    with pytest.raises(tree.CredentialsExpired) as raised:
        connect(AccessKeyCredentials("ak", "sk", "st")).ims.list_images()

    assert "temporary credentials" in raised.value.hint
    assert len(server.received) == 1


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_replaced_before_it_runs_out() -> None:
    clock = Clock()
    values = iter(range(10))
    value = Renewed(lambda: next(values), lambda _: DAY_S, clock)

    assert value.get() == 0
    clock.now += DAY_S - 301
    assert value.get() == 0
    clock.now += 2
    assert value.get() == 1


def test_a_short_lived_value_has_a_short_margin() -> None:
    clock = Clock()
    values = iter(range(10))
    value = Renewed(lambda: next(values), lambda _: 10.0, clock)

    assert value.get() == 0
    clock.now += 8.9
    assert value.get() == 0
    clock.now += 0.2
    assert value.get() == 1


def test_a_fetch_that_fails_for_the_moment_is_tried_again_by_the_next() -> None:
    responses = iter([tree.TimedOut("slow"), "token"])

    def fetch() -> object:
        response = next(responses)
        if isinstance(response, Exception):
            raise response
        return response

    value = Renewed(fetch, lambda _: DAY_S)
    with pytest.raises(tree.TimedOut):
        value.get()

    assert value.get() == "token"


def test_cancelling_ends_the_wait_for_a_token(connect: Connect, server: ScriptedServer) -> None:
    cancelled = threading.Event()
    server.reply(Reply(429, {}, {"Retry-After": "60"}))
    cloud = connect(USER, project_id=None, cancelled=cancelled)
    raised: list[BaseException] = []

    def work() -> None:
        try:
            cloud.ims.list_images()
        except tree.CloudError as error:
            raised.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    server.arrived.acquire()
    started = time.monotonic()
    cancelled.set()
    for thread in threads:
        thread.join()

    assert time.monotonic() - started < 5
    assert [type(error) for error in raised] == [tree.Cancelled] * 4
