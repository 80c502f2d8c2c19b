import json
from collections.abc import Callable
from typing import Any

import pytest

from huaweicloud import ecs, evs, ims, vpc
from huaweicloud.cloud import Cloud
from huaweicloud.errors import tree
from huaweicloud.ims import CreateImageFromVolume
from tests.huaweicloud.conftest import Connect
from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer

NOT_FOUND = Reply(404, {"error": {"code": "Ecs.0114", "message": "none"}})
WRONG_ENDPOINT = Reply(
    404, {"error_code": "APIGW.0101", "error_msg": "The API does not exist or has not been published"}
)
READS: list[Callable[[Cloud], object]] = [
    lambda cloud: cloud.ims.get_image("x"),
    lambda cloud: cloud.ecs.get_server("x"),
    lambda cloud: cloud.evs.get_volume("x"),
    lambda cloud: cloud.vpc.get_vpc("x"),
    lambda cloud: cloud.vpc.get_subnet("x"),
    lambda cloud: cloud.evs.delete_volume("x"),
    lambda cloud: cloud.ims.delete_image("x"),
]


@pytest.mark.parametrize("read", READS)
def test_what_is_gone_is_none_and_deleting_it_succeeds(
    connect: Connect, server: ScriptedServer, read: Callable[[Cloud], object]
) -> None:
    server.reply(NOT_FOUND)

    assert read(connect()) is None


@pytest.mark.parametrize("read", READS)
def test_a_wrong_endpoint_is_never_taken_for_something_gone(
    connect: Connect, server: ScriptedServer, read: Callable[[Cloud], object]
) -> None:
    server.reply(WRONG_ENDPOINT)

    with pytest.raises(tree.ApiError, match=r"APIGW\.0101") as raised:
        read(connect())

    assert not isinstance(raised.value, tree.NotFound)
    assert "endpoint" in raised.value.hint


def test_an_image_that_is_refused_in_xml_reports_why(connect: Connect, server: ScriptedServer) -> None:
    body = b"<Error><Code>IMG.0090</Code><Message>The image is being created</Message></Error>"
    server.reply(Reply(400, body, {"Content-Type": "application/xml"}))

    with pytest.raises(tree.Conflict, match=r"delete image i1: The image is being created \(IMG\.0090") as raised:
        connect().ims.delete_image("i1")

    assert raised.value.retryable


def test_a_deleted_image_lists_nothing(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(body={"images": []}))

    assert connect().ims.get_image("i1") is None


@pytest.mark.parametrize("status", ["DELETED", "SOFT_DELETED"])
def test_a_server_that_is_shown_as_deleted_is_gone(connect: Connect, server: ScriptedServer, status: str) -> None:
    server.reply(Reply(body={"server": {"id": "s1", "status": status}, "servers": [{"id": "s1", "status": status}]}))

    assert connect().ecs.get_server("s1") is None
    assert connect().ecs.list_servers() == []


def pages(server: ScriptedServer, key: str, count: int, start_of: Callable[[Received, list[str]], int]) -> None:
    """Serve a list of `count` items in pages."""
    ids = [f"id-{n:05}" for n in range(count)]

    def response(received: Received) -> Reply:
        start = start_of(received, ids)
        return Reply(body={key: [{"id": i, "name": "n"} for i in ids[start : start + int(received.query["limit"])]]})

    server.respond(response)


def after_marker(received: Received, ids: list[str]) -> int:
    marker = received.query.get("marker")
    return ids.index(marker) + 1 if marker else 0


def at_page(received: Received, ids: list[str]) -> int:
    return (int(received.query["offset"]) - 1) * int(received.query["limit"])


def at_record(received: Received, ids: list[str]) -> int:
    return int(received.query.get("offset", 0))


@pytest.mark.parametrize(
    ("read", "key", "start_of", "page"),
    [
        (lambda c: c.ims.list_images(), "images", after_marker, ims.PAGE),
        (lambda c: c.ecs.list_servers(), "servers", at_page, ecs.PAGE),
        (lambda c: c.evs.list_volumes(), "volumes", at_record, evs.PAGE),
        (lambda c: c.vpc.list_vpcs(), "vpcs", after_marker, vpc.PAGE),
        (lambda c: c.vpc.list_subnets(), "subnets", after_marker, vpc.PAGE),
        (lambda c: c.vpc.list_security_groups(), "security_groups", after_marker, vpc.PAGE),
    ],
)
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_list_is_read_to_its_end_in_as_few_requests_as_that_takes(
    connect: Connect,
    server: ScriptedServer,
    read: Callable[[Cloud], list[Any]],
    key: str,
    start_of: Callable[[Received, list[str]], int],
    page: int,
    more: int,
) -> None:
    pages(server, key, page + more, start_of)

    found = read(connect())

    assert len({item.id for item in found}) == page + more
    assert len(server.received) == (1 if more < 0 else 2)


def test_a_service_that_ignores_paging_does_not_hold_the_client_for_ever(
    connect: Connect, server: ScriptedServer
) -> None:
    server.reply(Reply(body={"servers": [{"id": str(n)} for n in range(ecs.PAGE)]}))

    assert len(connect().ecs.list_servers()) == ecs.PAGE
    assert len(server.received) == 2


def test_a_server_list_is_compared_exactly_by_name(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(body={"servers": [{"id": "1", "name": "web"}, {"id": "2", "name": "web-2"}]}))

    assert [found.id for found in connect().ecs.list_servers(name="web")] == ["1"]


def test_an_attribute_that_was_never_set_is_added(connect: Connect, server: ScriptedServer) -> None:
    image: dict[str, Any] = {"id": "i1", "name": "old"}

    def response(received: Received) -> Reply:
        for change in received.json:
            name = change["path"].removeprefix("/")
            if change["op"] == "replace" and name not in image:
                return Reply(400, {"error": {"code": "IMG.0035", "message": "conflict"}})
            image[name] = change["value"]
        return Reply(body=image)

    server.respond(response)

    changed = connect().ims.update_image("i1", {"name": "new", "__description": "text"})

    assert (changed.name, changed.description) == ("new", "text")
    assert [[change["op"] for change in received.json] for received in server.received] == [
        ["replace", "replace"],
        ["replace"],
        ["replace"],
        ["add"],
    ]


def test_a_response_to_a_creation_without_a_job_is_an_error(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(body={}))
    request = CreateImageFromVolume(name="n", volume_id="v", os_version="o")

    with pytest.raises(tree.InvalidResponse, match=r"create the image n from volume v.*job_id.*req-1"):
        connect().ims.create_image_from_volume(request)

    assert len(server.received) == 1


def test_flow_control_under_a_success_status_is_not_a_created_server(connect: Connect, server: ScriptedServer) -> None:
    refusal = Reply(202, {"error": {"code": "Common.0024", "message": "exceeds flow over limit"}})
    server.reply(refusal, Reply(body={"job_id": "j1"}))

    assert connect().ecs.delete_servers(["s1"]) == "j1"
    assert len(server.received) == 2


def test_a_job_query_that_fails_under_a_success_status_is_an_error(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(body={"code": "Common.0011", "message": "The job_id is invalid"}))

    with pytest.raises(tree.NotFound, match="job j9"):
        connect().ecs.get_job("j9")


def test_an_unknown_job_is_not_found(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(400, {"error": {"code": "Common.0011", "message": "job id"}}))

    for service in (connect().ims, connect().ecs, connect().evs):
        with pytest.raises(tree.NotFound):
            service.get_job("j9")


def test_the_console_address_is_a_secret(connect: Connect, server: ScriptedServer) -> None:
    server.reply(
        Reply(body={"remote_console": {"type": "novnc", "protocol": "vnc", "url": "https://c/?token=one-time"}})
    )

    console = connect().ecs.get_remote_console("s1")

    assert "one-time" not in repr(console)
    assert console.url.get_secret_value() == "https://c/?token=one-time"


def test_no_request_is_made_for_no_tags(connect: Connect, server: ScriptedServer) -> None:
    cloud = connect()

    cloud.ims.set_tags("i1", {})
    cloud.ims.delete_tags("i1", [])
    cloud.ecs.set_tags("s1", {})

    assert server.received == []


@pytest.mark.parametrize("odd_id", ["", ".", "..", "a/../b"])
def test_an_odd_id_does_not_become_another_path(connect: Connect, server: ScriptedServer, odd_id: str) -> None:
    server.reply(NOT_FOUND)
    try:
        connect().ecs.get_server(odd_id)
    except tree.ConfigurationError:
        assert server.received == []
    else:
        assert server.received[0].target == "/v1/p1/cloudservers/a%2F..%2Fb"


def test_a_response_of_another_shape_names_the_field(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(body={"server": {"name": "no id", "os-extended-volumes:volumes_attached": [{"device": "x"}]}}))

    with pytest.raises(tree.InvalidResponse, match=r"get server s1.*server\.id"):
        connect().ecs.get_server("s1")


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'{"images": 7}', json.dumps({"images": [7]}).encode()])
def test_json_of_another_shape_is_an_invalid_response(connect: Connect, server: ScriptedServer, body: bytes) -> None:
    server.reply(Reply(200, body))

    with pytest.raises(tree.InvalidResponse):
        connect().ims.list_images()
