import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from huaweicloud.auth.authentication import Renewed
from huaweicloud.auth.credentials import AccessKeyCredentials, AgencyCredentials
from huaweicloud.errors import tree
from tests.huaweicloud.conftest import KEY, USER, Connect
from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer

DAY_S = 86400.0
EXPIRED = Reply(401, {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication: token expires"})


class Account:
    """IAM with tokens, keys and projects; the response to any other request is an empty image list."""

    def __init__(self, server: ScriptedServer, lifetime_s: float = DAY_S) -> None:
        self.lifetime_s = lifetime_s
        self.given = 0
        self.good: set[str] = set()
        self._lock = threading.Lock()
        server.respond(self.response)

    def response(self, received: Received) -> Reply:
        if received.path == "/v3/auth/tokens":
            return self.token(received)
        if received.path == "/v3.0/OS-CREDENTIAL/securitytokens":
            return self.key()
        if received.path == "/v3/projects":
            return Reply(body={"projects": [{"id": "p-found", "name": received.query["name"]}]})
        shown = received.headers.get("x-auth-token") or received.headers.get("x-security-token")
        if shown is not None and shown not in self.good:
            return EXPIRED
        return Reply(body={"images": []})

    def _name(self, kind: str) -> str:
        with self._lock:
            self.given += 1
            self.good.add(f"{kind}-{self.given}")
            return f"{kind}-{self.given}"

    def token(self, received: Received) -> Reply:
        now = datetime(2020, 1, 1, tzinfo=UTC)  # a clock of its own
        expires = now + timedelta(seconds=self.lifetime_s)
        method = received.json["auth"]["identity"]["methods"][0]
        body = {"issued_at": f"{now:%FT%T}.000000Z", "expires_at": f"{expires:%FT%T}.000000Z", "methods": [method]}
        if "project" in received.json["auth"]["scope"]:
            body["project"] = {"id": "p-token", "name": "cn-north-4"}  # type: ignore[assignment]
        return Reply(201, {"token": body}, {"X-Subject-Token": self._name(method)})

    def key(self) -> Reply:
        name = self._name("key")
        ends = datetime.now(UTC) + timedelta(seconds=self.lifetime_s)
        key = {"access": "tmp-ak", "secret": "tmp-sk", "securitytoken": name, "expires_at": f"{ends:%FT%T}.000000Z"}
        return Reply(201, {"credential": key})


def paths(server: ScriptedServer) -> list[str]:
    return [f"{received.method} {received.path}" for received in server.received]


def test_a_password_gets_one_token_which_also_names_the_project(connect: Connect, server: ScriptedServer) -> None:
    Account(server)
    cloud = connect(USER, project_id=None)

    cloud.ims.list_images()
    cloud.ims.list_images()

    assert cloud.project_id == "p-token"
    assert paths(server) == ["POST /v3/auth/tokens", "GET /v2/cloudimages", "GET /v2/cloudimages"]
    assert server.received[0].query == {"nocatalog": "true"}
    # a plain Keystone finds a project by its name only within the account that is named with it
    scope = {"project": {"name": "cn-north-4", "domain": {"name": USER.domain_name}}}
    assert server.received[0].json["auth"]["scope"] == scope
    assert server.received[1].headers["x-auth-token"] == "password-1"
    assert {"iam": 1, "ims": 2} == cloud.request_counts


def test_nothing_is_sent_before_it_is_needed(connect: Connect, server: ScriptedServer) -> None:
    connect(USER, project_id=None)

    assert server.received == []


def test_a_key_signs_and_names_the_project_which_is_looked_up_once(connect: Connect, server: ScriptedServer) -> None:
    Account(server)
    cloud = connect(KEY, project_id=None)

    cloud.ims.list_images()
    cloud.ims.list_images()

    assert paths(server) == ["GET /v3/projects", "GET /v2/cloudimages", "GET /v2/cloudimages"]
    assert server.received[1].headers["x-project-id"] == "p-found"
    assert "content-type;host;x-project-id;x-sdk-date" in server.received[1].headers["authorization"]


def test_a_user_who_may_not_list_projects_sees_his_own(connect: Connect, server: ScriptedServer) -> None:
    projects = Reply(body={"projects": [{"id": "p9", "name": "cn-north-4"}, {"id": "p8", "name": "cn-north-4_x"}]})
    server.reply(Reply(403, {"error": {"code": 403, "message": "no", "title": "Forbidden"}}), projects)

    assert connect(KEY, project_id=None).project_id == "p9"
    assert paths(server) == ["GET /v3/projects", "GET /v3/auth/projects"]


@pytest.mark.parametrize("count", [0, 2])
def test_no_project_or_more_than_one_is_an_error(connect: Connect, server: ScriptedServer, count: int) -> None:
    server.reply(Reply(body={"projects": [{"id": f"p{n}", "name": "cn-north-4"} for n in range(count)]}))

    with pytest.raises(tree.ConfigurationError, match="cn-north-4") as raised:
        _ = connect(KEY, project_id=None).project_id

    assert "project_id" in raised.value.hint


def test_a_temporary_key_sends_and_signs_its_security_token(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(body={"images": []}))

    connect(AccessKeyCredentials("ak", "sk", "st")).ims.list_images()

    assert server.received[0].headers["x-security-token"] == "st"
    assert "x-security-token" in server.received[0].headers["authorization"]


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


def test_a_wrong_password_is_sent_only_once(connect: Connect, server: ScriptedServer) -> None:
    message = "The username or password is wrong."
    server.reply(Reply(401, {"error": {"code": 401, "message": message, "title": "Unauthorized"}}))
    cloud = connect(USER, project_id=None)

    for _ in range(3):
        with pytest.raises(tree.AuthenticationFailed, match="sign in as ci-bot of acme") as raised:
            cloud.ims.list_images()
        assert USER.password not in str(raised.value)

    assert len(server.received) == 1


def test_an_agency_is_taken_on_with_a_password(connect: Connect, server: ScriptedServer) -> None:
    Account(server)

    connect(AgencyCredentials(USER, "agency", "other"), project_id=None).ims.list_images()

    assert paths(server) == ["POST /v3/auth/tokens", "POST /v3/auth/tokens", "GET /v2/cloudimages"]
    assert server.received[0].json["auth"]["scope"] == {"domain": {"name": "acme"}}
    assert server.received[1].json["auth"]["identity"]["assume_role"] == {
        "agency_name": "agency",
        "domain_name": "other",
    }
    scope = {"project": {"name": "cn-north-4", "domain": {"name": "other"}}}
    assert server.received[1].json["auth"]["scope"] == scope
    assert server.received[1].headers["x-auth-token"] == "password-1"
    assert server.received[2].headers["x-auth-token"] == "assume_role-2"


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
