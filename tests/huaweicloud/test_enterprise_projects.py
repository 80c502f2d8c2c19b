"""Lists of a user whose permissions come from an enterprise project only."""

import pytest

from huaweicloud.cloud import Cloud
from huaweicloud.errors import tree
from tests.huaweicloud.conftest import KEY
from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer

LISTS = {
    "/v2/cloudimages": "images",
    "/v1/p1/cloudservers/detail": "servers",
    "/v2/p1/cloudvolumes/detail": "volumes",
    "/v1/p1/vpcs": "vpcs",
    "/v1/p1/subnets": "subnets",
    "/v1/p1/security-groups": "security_groups",
}
REFUSED = Reply(403, {"error": {"code": "Pdp.0001", "message": "policy doesn't allow it"}})


def strict(received: Received) -> Reply:
    """Respond to lists only if they name the enterprise project of their resources."""
    named = received.query.get("vpc_id" if received.path.endswith("subnets") else "enterprise_project_id")
    if not named:
        return REFUSED
    found = [{"id": "a-vpc"}] if received.path.endswith("vpcs") else []
    return Reply(body={LISTS[received.path]: found})


def read_all(cloud: Cloud) -> None:
    cloud.ims.list_images()
    cloud.ims.list_images(name="x")
    cloud.ims.get_image("an-image")
    cloud.ecs.list_servers(name="x")
    cloud.evs.list_volumes()
    cloud.vpc.list_vpcs()
    cloud.vpc.list_subnets()
    cloud.vpc.list_security_groups()


def test_where_one_is_configured_no_list_is_refused(connect, server: ScriptedServer) -> None:
    server.respond(strict)

    read_all(Cloud("cn-north-4", KEY, connect.endpoints, project_id="p1", enterprise_projects=True))

    assert not [received.target for received in server.received if strict(received).status != 200]


def test_where_none_is_configured_one_refusal_is_enough(connect, server: ScriptedServer) -> None:
    server.respond(strict)

    read_all(connect())

    refused = [received.path for received in server.received if strict(received).status != 200]
    assert refused == ["/v2/cloudimages"]


@pytest.mark.parametrize("first", ["list_subnets", "list_vpcs", "list_security_groups"])
def test_networks_may_be_the_first_to_be_asked_for(connect, server: ScriptedServer, first: str) -> None:
    server.respond(strict)
    cloud = connect()

    getattr(cloud.vpc, first)()

    assert cloud.vpc.list_vpcs()[0].id == "a-vpc"


def test_lists_that_are_not_refused_are_as_they_were(connect, server: ScriptedServer) -> None:
    server.respond(lambda received: Reply(body={LISTS[received.path]: []}))

    read_all(connect())

    assert not any("enterprise_project_id" in received.query for received in server.received)


def test_a_user_without_any_rights_is_reported(connect, server: ScriptedServer) -> None:
    server.reply(REFUSED)

    with pytest.raises(tree.PermissionDenied, match="policy"):
        connect().ims.list_images()
