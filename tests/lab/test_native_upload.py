"""Images that are uploaded through the native interface, its schemas, and versions of interfaces."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huaweicloudsdkiam.v3 as iam
import huaweicloudsdkims.v2 as ims
import pytest

from lab.services.gateway import MAX_BODY
from tests.lab.clients import Clients, refused
from tests.lab.plain import DEBIAN, Raw
from tests.lab.sdk_models import mismatches
from tests.labs import RunningLab, wait_for

pytestmark = pytest.mark.filterwarnings("ignore:Method .* is deprecated")
TEXT = "application/octet-stream"


def create(cloud: Clients, **fields: Any) -> Any:
    known = {"name": "native", "os_version": DEBIAN, "disk_format": "raw", "min_disk": 40}
    body = ims.GlanceCreateImageMetadataRequestBody(**{**known, **fields})
    return cloud.ims.glance_create_image_metadata(ims.GlanceCreateImageMetadataRequest(body=body))


def upload(raw: Raw, image_id: str, content: Any, **headers: str) -> Any:
    path = f"/v2/images/{image_id}/file"
    return raw.send("ims", "PUT", path, data=content, headers={"Content-Type": TEXT, **headers})


def status(cloud: Clients, image_id: str) -> str:
    return str(cloud.ims.glance_show_image(ims.GlanceShowImageRequest(image_id=image_id)).status)


def stored(lab: RunningLab) -> list[Path]:
    """Return the files of uploads that the lab holds."""
    return list((lab.state / "compute" / "uploads").iterdir())


def test_an_uploaded_image_becomes_active(cloud: Clients, raw: Raw, lab: RunningLab) -> None:
    image = create(cloud, tags=["a"], min_ram=1024)
    assert (image.status, image.visibility, image.min_disk, image.tags) == ("queued", "private", 40, ["a"])

    assert upload(raw, image.id, b"\0" * 4096).status_code == 204

    wait_for(lambda: status(cloud, image.id) == "active", "the image")
    (listed,) = cloud.images(id=image.id)
    assert (listed.os_version, listed.virtual_env_type, listed.root_origin) == (DEBIAN, "FusionCompute", "file")
    assert upload(raw, image.id, b"again").status_code == 409
    assert stored(lab) == []


def test_a_file_larger_than_a_request_body_is_stored_piece_by_piece(cloud: Clients, raw: Raw, lab: RunningLab) -> None:
    image = create(cloud)

    def pieces() -> Iterator[bytes]:
        for _ in range(MAX_BODY // (1 << 20) + 3):
            yield b"\0" * (1 << 20)

    assert upload(raw, image.id, pieces()).status_code == 204
    wait_for(lambda: status(cloud, image.id) == "active", "the image")
    assert upload(raw, image.id, pieces(), **{"X-Auth-Token": "wrong"}).status_code == 413
    assert stored(lab) == []


def test_metadata_without_a_file_is_deleted_like_an_image(cloud: Clients) -> None:
    image = create(cloud)
    cloud.ims.glance_delete_image(ims.GlanceDeleteImageRequest(image_id=image.id))
    wait_for(lambda: cloud.images(id=image.id) == [], "the end of the image")


def test_a_malformed_upload_is_refused(cloud: Clients, raw: Raw, lab: RunningLab) -> None:
    image = create(cloud)
    assert upload(raw, image.id, b"").status_code == 400
    assert upload(raw, "0" * 36, b"x").status_code == 404
    assert refused(lambda: create(cloud, disk_format="iso"))[0] == 400
    assert refused(lambda: create(cloud, os_version="Plan 9"))[0] == 400
    assert stored(lab) == []


def test_schemas_describe_all_fields_of_images(cloud: Clients, raw: Raw) -> None:
    cloud.iso_image()
    schema = raw.send("ims", "GET", "/v2/schemas/image").json()
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "boolean": (bool,),
        "null": (type(None),),
    }
    for image in raw.send("ims", "GET", "/v2/images").json()["images"]:
        for name, value in image.items():
            described = schema["properties"].get(name, schema["additionalProperties"])
            allowed = [kinds.get(kind, (list,)) for kind in _listed(described["type"])]
            assert isinstance(value, tuple(kind for each in allowed for kind in each)), (name, value)
    shown = cloud.ims.glance_show_image_schemas(ims.GlanceShowImageSchemasRequest())
    assert (shown.name, shown.properties["id"]["type"]) == ("image", ["null", "string"])
    for name, model in (("images", "GlanceListImageSchemasResponse"), ("image", "GlanceShowImageSchemasResponse")):
        assert list(mismatches(ims, model, raw.send("ims", "GET", f"/v2/schemas/{name}").json())) == []


def _listed(kinds: Any) -> list[str]:
    return kinds if isinstance(kinds, list) else [kinds]


def test_versions_of_identity_need_no_sign_in(cloud: Clients, raw: Raw) -> None:
    versions = raw.send("iam", "GET", "/", headers={"X-Auth-Token": None})
    assert (versions.status_code, versions.json()["versions"]["values"][0]["id"]) == (300, "v3.6")
    version = raw.send("iam", "GET", "/v3", headers={"X-Auth-Token": None})
    assert (version.status_code, version.json()["version"]["status"]) == (200, "stable")
    shown = cloud.iam.keystone_list_versions(iam.KeystoneListVersionsRequest())
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v3/", shown.versions.values[0].links[0].href)


def test_the_user_is_found(cloud: Clients, raw: Raw) -> None:
    (user,) = cloud.iam.keystone_list_users(iam.KeystoneListUsersRequest(name=cloud.env["HW_USER_NAME"])).users
    assert (user.name, user.enabled) == (cloud.env["HW_USER_NAME"], True)
    assert cloud.iam.keystone_list_users(iam.KeystoneListUsersRequest(name="nobody")).users == []
    assert cloud.iam.keystone_show_user(iam.KeystoneShowUserRequest(user_id=user.id)).user.name == user.name
    plain = raw.send("iam", "GET", "/v3/users").json()
    assert list(mismatches(iam, "KeystoneListUsersResponse", plain)) == []


@pytest.mark.parametrize("scope", [{"project": {"name": "lab-1"}}, None], ids=["without", "with"])
def test_both_documented_forms_of_a_projects_name_are_accepted(raw: Raw, scope: dict[str, Any] | None) -> None:
    named = {"project": {"name": "lab-1", "domain": {"name": raw.env["HW_DOMAIN_NAME"]}}}
    assert raw.sign_in(scope or named).json()["token"]["project"]["id"] == raw.env["HW_PROJECT_ID"]
