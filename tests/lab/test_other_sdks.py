"""Mistakes that only other official SDKs reveal: empty optional fields, sister routes, fields of lists."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import huaweicloudsdkecs.v2 as ecs
import huaweicloudsdkevs.v2 as evs
import huaweicloudsdkims.v2 as ims
import huaweicloudsdkvpc.v2 as vpc
import pytest

from lab.services.gateway import without_empty_parameters
from lab.world.identity.accounts import DOMAIN, PARTNER, PROJECTS
from tests.lab.conftest import put_iso
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.lab.sdk_models import mismatches
from tests.labs import RunningLab, wait_for

Furnished = tuple[Raw, Procedure, str, str]
KEYS = "/v3.0/OS-CREDENTIAL/securitytokens"
SERVERS = "/v1.1/{project}/cloudservers/detail"
DEFAULT_FIELDS = {
    "id", "name", "status", "tenant_id", "user_id", "availability_zone", "vm_state", "task_state", "created", "updated",
    "in_recycle_bin", "description", "flavor", "fault",
}  # fmt: skip
OPTIONAL_FIELDS = [
    "launched_at", "key_name", "locked", "root_device_name", "tenancy", "dedicated_host_id", "enterprise_project_id",
    "tags", "metadata", "addresses", "security_groups", "volumes_attached", "image", "power_state", "cpu_options",
    "market_info",
]  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Return a lab for this module, in which resources may be left."""
    running = RunningLab.start(tmp_path_factory.mktemp("sdks") / "state", time_scale=1000)
    try:
        put_iso(running, tmp_path_factory.mktemp("iso"))
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def furnished(lab: RunningLab) -> Iterator[Furnished]:
    """Return a server of an ISO image, and an image of its disk."""
    with Raw(lab) as raw:
        procedure = Procedure(raw)
        accepted = procedure.post("ecs", "/v1/{project}/cloudservers", procedure.server_order(procedure.iso_image()))
        procedure.seen["server_job"] = accepted["job_id"]
        procedure.ended("ecs", accepted["job_id"])
        server_id = str(accepted["serverIds"][0])
        procedure.wait_for_power_off(server_id)
        image_id = procedure.capture(procedure.data_disk(server_id))
        yield raw, procedure, server_id, image_id


# Tokens in bodies and headers


def by_token(raw: Raw, token: str, **more: Any) -> int:
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token, "duration_seconds": 900}}}}
    return raw.send("iam", "POST", KEYS, json=body, **more).status_code


def by_agency(raw: Raw, token: str, path: str, name: str = "lab-builder", **account: str) -> int:
    role = {"agency_name": name, **(account or {"domain_name": PARTNER.name})}
    body = {"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}}
    return raw.send("iam", "POST", path, json=body, headers={"X-Auth-Token": token}).status_code


def expired_token(raw: Raw, lab: RunningLab) -> str:
    """Return a token that has ended."""
    lab.change_settings(token_lifetime_s=1)
    token = str(raw.sign_in().headers["X-Subject-Token"])
    lab.change_settings(token_lifetime_s=86400)
    headers = {"X-Auth-Token": token}
    wait_for(lambda: raw.send("ims", "GET", "/v2/cloudimages?limit=1", headers=headers).status_code == 401, "its end")
    return token


def partner_token(raw: Raw) -> str:
    role = {"agency_name": "lab-builder", "domain_name": PARTNER.name}
    identity = {"methods": ["assume_role"], "assume_role": role}
    return str(
        raw.send("iam", "POST", "/v3/auth/tokens", json={"auth": {"identity": identity}}).headers["X-Subject-Token"]
    )


def test_every_route_refuses_a_token_that_is_not_valid(raw: Raw, lab: RunningLab) -> None:
    for token in (expired_token(raw, lab), "MIIforged"):
        assert by_token(raw, token) == 401
        assert by_token(raw, raw.token, headers={"X-Auth-Token": token}) == 401
        assert by_agency(raw, token, "/v3/auth/tokens") == 401
        assert by_agency(raw, token, KEYS) == 401
        subject = {"X-Subject-Token": token}
        assert raw.send("iam", "GET", "/v3/auth/tokens", headers=subject).status_code == 404
        for path in (
            "/v3/projects",
            "/v3/auth/projects",
            "/v3/auth/domains",
            f"/v3/projects/{raw.env['HW_PROJECT_ID']}",
        ):
            assert raw.send("iam", "GET", path, headers={"X-Auth-Token": token}).status_code == 401, path
        for service in ("ims", "ecs", "evs", "vpc"):
            path = "/v2/cloudimages" if service == "ims" else "/v1/{project}/jobs/x"
            path = "/v1/{project}/vpcs" if service == "vpc" else path
            assert raw.send(service, "GET", path, headers={"X-Auth-Token": token}).status_code == 401, service


def test_a_token_of_another_account_gets_no_keys_of_this_one(raw: Raw) -> None:
    other = partner_token(raw)
    assert by_token(raw, raw.token) == 201
    assert by_token(raw, other) == 401
    assert by_token(raw, raw.token, headers={"X-Auth-Token": other}) == 401
    assert by_token(raw, other, headers={"X-Auth-Token": other}) == 201


@pytest.mark.parametrize("path", ["/v3/auth/tokens", KEYS])
def test_agencies_are_checked_alike_on_both_routes(raw: Raw, path: str) -> None:
    assert by_agency(raw, raw.token, path) == 201
    assert by_agency(raw, raw.token, path, domain_id=PARTNER.id, domain_name=PARTNER.name) == 201
    assert by_agency(raw, raw.token, path, domain_id=PARTNER.id, domain_name=DOMAIN.name) == 404
    assert by_agency(raw, raw.token, path, "nobody") == 404
    assert by_agency(raw, raw.token, path, "lab-copier", domain_name=DOMAIN.name) == 403  # is given to a service


def test_a_project_of_another_account_is_no_scope(raw: Raw) -> None:
    for account in ({"name": PARTNER.name}, {"id": PARTNER.id}):
        assert raw.sign_in({"project": {"name": "lab-1", "domain": account}}).status_code == 401
    assert raw.sign_in({"project": {"name": "lab-1", "domain": {"name": DOMAIN.name}}}).status_code == 201
    assert raw.sign_in({"project": {"id": PROJECTS[-1].id}}).status_code == 401


def test_a_token_without_a_project_is_refused_by_all_services_of_projects(raw: Raw) -> None:
    headers = {"X-Auth-Token": raw.sign_in({"domain": {"name": DOMAIN.name}}).headers["X-Subject-Token"]}
    assert raw.send("iam", "GET", "/v3/projects", headers=headers).status_code == 200
    for service, path, status in (
        ("ims", "/v2/cloudimages", 403),
        ("ecs", "/v1/{project}/cloudservers/detail", 400),
        ("evs", "/v2/{project}/cloudvolumes/detail", 400),
        ("vpc", "/v1/{project}/vpcs", 400),
    ):
        assert raw.send(service, "GET", path, headers=headers).status_code == status, service


# Optional fields that are sent empty


@pytest.mark.parametrize("empty", ["", None])
def test_a_quick_export_may_carry_an_empty_format(furnished: Furnished, lab: RunningLab, empty: str | None) -> None:
    raw, procedure, _, image_id = furnished
    path = f"/v1/cloudimages/{image_id}/file"
    body: dict[str, Any] = {"bucket_url": f"lab-images:quick{empty}", "is_quick_export": True, "file_format": empty}
    procedure.ended("ims", raw.send("ims", "POST", path, json=body).json()["job_id"])
    with_value: dict[str, Any] = {**body, "bucket_url": "lab-images:value", "file_format": "qcow2"}
    assert raw.send("ims", "POST", path, json=with_value).json()["error"]["code"] == "IMG.0072"
    lab.choose(format_of_quick_export="ignored")
    with_value["bucket_url"] += str(empty)
    accepted = raw.send("ims", "POST", path, json=with_value)
    assert accepted.status_code == 200
    for wrong in ({**with_value, "file_format": "iso"}, {**body, "is_quick_export": False}):
        assert raw.send("ims", "POST", path, json=wrong).json()["error"]["code"] == "IMG.0072"
    lab.restore()
    assert procedure.ended("ims", accepted.json()["job_id"])["status"] == "SUCCESS"


def fields_of_sdk(model: Any) -> dict[str, str]:
    return {model.attribute_map[name]: str(kind) for name, kind in model.openapi_types.items()}


def empties(kind: str) -> list[Any]:
    """Return the empty values of a field that the official Go and Java SDKs may send."""
    return [None, []] if kind.startswith("list") else [None, ""]


def with_empties(order: dict[str, Any], model: Any) -> Iterator[dict[str, Any]]:
    """Yield the order with all optional fields that the SDK knows, first null, then empty."""
    for place in (0, 1):
        more = {name: empties(kind)[place] for name, kind in fields_of_sdk(model).items() if name not in order}
        texts = {name for name, value in more.items() if value == "" and "description" in name}
        yield {**more, **order, **dict.fromkeys(texts, "")}


def test_orders_may_carry_every_optional_field_empty(furnished: Furnished) -> None:
    _, procedure, _, image_id = furnished
    for order in with_empties(procedure.image_order(image_tags=[]), ims.CreateImageRequestBody):
        procedure.image_job(procedure.post("ims", "/v2/cloudimages/action", order)["job_id"])
    bare = procedure.server_order(image_id, metadata={}, data_volumes=None, extendparam=None, server_tags=[])["server"]
    for order in with_empties(bare, ecs.PostPaidServer):
        order["root_volume"] = dict.fromkeys(fields_of_sdk(ecs.PostPaidServerRootVolume)) | bare["root_volume"]
        accepted = procedure.post("ecs", "/v1/{project}/cloudservers", {"server": order})
        assert procedure.ended("ecs", accepted["job_id"])["status"] == "SUCCESS"
    disk = {"availability_zone": "lab-1a", "volume_type": "SAS", "size": 10}
    for order in with_empties(disk, evs.CreateVolumeOption):
        accepted = procedure.post("evs", "/v2/{project}/cloudvolumes", {"volume": order, "server_id": ""})
        assert procedure.ended("evs", accepted["job_id"])["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("service", "path", "model"),
    [
        ("ims", "/v2/cloudimages", ims.ListImagesRequest),
        ("ecs", "/v1/{project}/cloudservers/detail", ecs.ListServersDetailsRequest),
        ("ecs", SERVERS, ecs.ListCloudServersRequest),
        ("evs", "/v2/{project}/cloudvolumes/detail", evs.ListVolumesRequest),
        ("vpc", "/v1/{project}/vpcs", vpc.ListVpcsRequest),
        ("vpc", "/v1/{project}/subnets", vpc.ListSubnetsRequest),
        ("vpc", "/v1/{project}/security-groups", vpc.ListSecurityGroupsRequest),
    ],
)
def test_lists_may_carry_every_parameter_empty(raw: Raw, service: str, path: str, model: Any) -> None:
    query = "&".join(f"{name}=" for name in fields_of_sdk(model))
    plain, empty = raw.send(service, "GET", path), raw.send(service, "GET", f"{path}?{query}")
    assert (plain.status_code, empty.status_code) == (200, 200), empty.text
    (kind,) = [key for key, value in plain.json().items() if isinstance(value, list) and "links" not in key]
    assert [thing["id"] for thing in empty.json()[kind]] == [thing["id"] for thing in plain.json()[kind]]


def test_only_empty_parameters_are_dropped() -> None:
    assert without_empty_parameters("a=&b=1&c&d==&e=%20") == "b=1&c&d==&e=%20"
    assert without_empty_parameters("") == ""


# Fields of lists


def test_the_newer_list_of_servers_has_the_documented_fields(furnished: Furnished) -> None:
    raw, _, server_id, _ = furnished
    response = raw.send("ecs", "GET", f"{SERVERS}?id={server_id}")
    body = response.json()
    (server,) = body["servers"]
    assert set(server) == DEFAULT_FIELDS
    assert (server["tenant_id"], len(server["user_id"])) == (raw.env["HW_PROJECT_ID"], 32)
    assert re.fullmatch("[0-9a-f]{32}", body["request_id"])
    assert body["request_id"] == response.headers["X-Request-Id"]

    repeated, joined = "&".join(f"expect-fields={f}" for f in OPTIONAL_FIELDS), ",".join(OPTIONAL_FIELDS)
    for spelled in (repeated, f"expect-fields={joined}"):
        (full,) = raw.send("ecs", "GET", f"{SERVERS}?id={server_id}&{spelled}").json()["servers"]
        assert set(full) == DEFAULT_FIELDS | set(OPTIONAL_FIELDS)
    assert [4] == [a["version"] for found in full["addresses"].values() for a in found]
    (one,) = raw.send("ecs", "GET", f"{SERVERS}?id={server_id}&expect-fields=tags,nothing").json()["servers"]
    assert set(one) - DEFAULT_FIELDS == {"tags"}


def test_the_newer_list_of_servers_links_to_its_next_page(furnished: Furnished) -> None:
    raw, procedure, server_id, _ = furnished
    other = procedure.server(procedure.iso_image())
    first = raw.send("ecs", "GET", f"{SERVERS}?limit=1").json()
    (link,) = first["servers_links"]
    assert link["rel"] == "next"
    second = raw.send("ecs", "GET", "/" + link["href"].split("/", 3)[3]).json()
    everything = raw.send("ecs", "GET", SERVERS).json()
    assert [s["id"] for s in (*first["servers"], *second["servers"])] == [s["id"] for s in everything["servers"]][:2]
    assert everything["servers_links"] == []
    assert {other, server_id} <= {s["id"] for s in everything["servers"]}


LISTS: list[tuple[str, str, ModuleType, str]] = [
    ("ecs", "/v1/{project}/cloudservers/detail", ecs, "ListServersDetailsResponse"),
    ("ecs", "/v1/{project}/cloudservers/{server}", ecs, "ShowServerResponse"),
    ("ecs", f"{SERVERS}?expect-fields={','.join(OPTIONAL_FIELDS)}", ecs, "ListCloudServersResponse"),
    ("ecs", "/v1/{project}/cloudservers/flavors", ecs, "ListFlavorsResponse"),
    ("ecs", "/v1/{project}/cloudservers/{server}/block_device", ecs, "ListServerBlockDevicesResponse"),
    ("ecs", "/v1/{project}/cloudservers/limits", ecs, "ShowServerLimitsResponse"),
    ("evs", "/v2/{project}/cloudvolumes/detail", evs, "ListVolumesResponse"),
    ("evs", "/v2/{project}/cloudvolumes/{disk}", evs, "ShowVolumeResponse"),
    ("ims", "/v2/cloudimages?__imagetype=private", ims, "ListImagesResponse"),
    ("ims", "/v1/cloudimages/quota", ims, "ShowImageQuotaResponse"),
    ("ims", "/v1/cloudimages/os_version", ims, "ListOsVersionsResponse"),
    ("ims", "/v1/{project}/jobs/{image_job}", ims, "ShowJobResponse"),
    ("ecs", "/v1/{project}/jobs/{server_job}", ecs, "ShowJobResponse"),
    ("vpc", "/v1/{project}/vpcs", vpc, "ListVpcsResponse"),
    ("vpc", "/v1/{project}/subnets", vpc, "ListSubnetsResponse"),
    ("vpc", "/v1/{project}/security-groups", vpc, "ListSecurityGroupsResponse"),
]


@pytest.mark.parametrize(("service", "path", "models", "kind"), LISTS, ids=[f"{row[3]} {row[1][:30]}" for row in LISTS])
def test_answers_fit_the_models_of_the_official_sdk(
    furnished: Furnished, service: str, path: str, models: ModuleType, kind: str
) -> None:
    raw, procedure, server_id, _ = furnished
    jobs = {
        "image_job": procedure.seen["image_job"]["job_id"],
        "server_job": procedure.seen["server_job"],
    }
    values = {"server": server_id, "disk": procedure.data_disk(server_id), **jobs}
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    response = raw.send(service, "GET", path)
    assert response.status_code == 200, response.text
    body = response.json()
    listed = {"ListOsVersionsResponse": {"body": body}}.get(kind, body)
    assert list(mismatches(models, kind, listed)) == []
