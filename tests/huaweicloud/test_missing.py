"""Responses that mean "it does not exist": the service's own, and no other 404."""

from collections.abc import Callable
from typing import Any

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials, AgencyCredentials
from huaweicloud.cloud import Cloud
from huaweicloud.errors import tree
from tests.huaweicloud.conftest import KEY, USER, Connect
from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer

STRANGE = {
    "an unknown route": Reply(404, {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}),
    "a page": Reply(404, b"<html>\r\n<head><title>404 Not Found</title></head></html>", {"Content-Type": "text/html"}),
    "nothing": Reply(404, b""),
    "another gateway": Reply(404, {"message": "no Route matched with those values"}),
    "a page of a proxy": Reply(403, b"<html><title>blocked</title></html>", {"Content-Type": "text/html"}),
    "a signature that is refused": Reply(401, {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}),
}
READS: dict[str, Callable[[Cloud], Any]] = {
    "image": lambda cloud: cloud.ims.get_image("i1"),
    "deletion of an image": lambda cloud: cloud.ims.delete_image("i1"),
    "member of an image": lambda cloud: cloud.ims.remove_member("i1", "p2"),
    "job of an image": lambda cloud: cloud.ims.get_job("j1"),
    "server": lambda cloud: cloud.ecs.get_server("s1"),
    "deletion of a server": lambda cloud: cloud.ecs.delete_servers(["s1"], delete_volumes=True),
    "job of a server": lambda cloud: cloud.ecs.get_job("j1"),
    "disk": lambda cloud: cloud.evs.get_volume("v1"),
    "deletion of a disk": lambda cloud: cloud.evs.delete_volume("v1"),
    "subnet": lambda cloud: cloud.vpc.get_subnet("n1"),
}
MISSING = {
    "image": Reply(404, {"error": {"code": "IMG.0027", "message": "none"}}),
    "deletion of an image": Reply(404, b"<html><body><h1>404 Not Found</h1>No image found with ID i1</body></html>"),
    "server": Reply(404, {"error": {"code": "Ecs.0614", "message": "none"}}),
    "disk": Reply(404, {"itemNotFound": {"code": 404, "message": "Volume v1 could not be found."}}),
    "deletion of a disk": Reply(404, {"error": {"code": "EVS.5404", "message": "none"}}),
    "subnet": Reply(404, {"code": "VPC.0202", "message": "none"}),
}
AGENCY = {"agency_name": "nosuch", "agency_domain_name": "partner"}
NO_AGENCY = Reply(404, {"error": {"code": 404, "message": "The agency does not exist.", "title": "Not Found"}})


@pytest.mark.parametrize("response", STRANGE)
@pytest.mark.parametrize("read", READS)
def test_a_response_that_is_not_the_services_own_never_means_not_found(
    connect: Connect, server: ScriptedServer, read: str, response: str
) -> None:
    server.reply(STRANGE[response])

    with pytest.raises(tree.ApiError) as raised:
        READS[read](connect())

    assert not isinstance(raised.value, tree.NotFound)


@pytest.mark.parametrize("read", MISSING)
def test_the_services_own_word_does(connect: Connect, server: ScriptedServer, read: str) -> None:
    server.reply(MISSING[read])

    assert READS[read](connect()) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("credentials", [USER, AgencyCredentials(USER, **AGENCY), AgencyCredentials(KEY, **AGENCY)])
def test_a_sign_in_that_is_refused_proves_nothing_about_the_resource(
    connect: Connect, server: ScriptedServer, read: str, status: int, credentials: Any
) -> None:
    server.reply(Reply(status, {"error": {"code": status, "message": "no", "title": "No"}}))

    with pytest.raises(tree.SignInFailed) as raised:
        READS[read](connect(credentials))

    assert raised.value.status == status
    assert raised.value.hint
    assert {received.path.split("/")[1] for received in server.received} <= {"v3", "v3.0"}


@pytest.mark.parametrize("response", ["a page", "nothing", "another gateway", "a page of a proxy"])
def test_a_page_in_place_of_iam_is_a_failed_sign_in(connect: Connect, server: ScriptedServer, response: str) -> None:
    server.reply(STRANGE[response])

    with pytest.raises(tree.SignInFailed):
        connect(USER).ecs.get_server("s1")
    with pytest.raises(tree.SignInFailed):
        _ = connect(KEY, project_id=None).project_id


@pytest.mark.parametrize("base", [USER, KEY])
def test_a_missing_agency_is_named(connect: Connect, server: ScriptedServer, base: AccessKeyCredentials) -> None:
    def response(received: Received) -> Reply:
        if b"assume_role" in received.body:
            return NO_AGENCY
        times = {"issued_at": "2030-01-01T00:00:00.000000Z", "expires_at": "2030-01-02T00:00:00.000000Z"}
        return Reply(201, {"token": times}, {"X-Subject-Token": "t1"})

    server.respond(response)

    with pytest.raises(tree.SignInFailed, match="agency nosuch does not exist in account partner") as raised:
        connect(AgencyCredentials(base, **AGENCY)).ims.get_image("i1")

    assert "HW_ASSUME_ROLE_AGENCY_NAME" in raised.value.hint
