"""Sign-in by password, key and agency, and the project that results from it."""

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials, AgencyCredentials
from huaweicloud.errors import tree
from tests.huaweicloud.account import Account, paths
from tests.huaweicloud.conftest import KEY, USER, Connect
from tests.huaweicloud.scripted_server import Reply, ScriptedServer


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
