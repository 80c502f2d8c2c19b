"""Ways to sign in, and errors of the sign-in."""

from dataclasses import replace
from pathlib import Path

import pytest

from huaweicloud.auth.credentials import (
    AccessKeyCredentials,
    AgencyCredentials,
    PasswordCredentials,
    find_credentials,
)
from huaweicloud.cloud import Cloud
from huaweicloud.errors import tree
from tests.huaweicloud.against_lab.clients import CONTENT, DEBIAN, Region
from tests.labs import RunningLab


def test_a_temporary_key_works_for_every_service(lab: RunningLab, region: Region, user: PasswordCredentials) -> None:
    token = region(user).iam.create_token(user, {"project": {"name": "lab-1"}})
    temporary = region(user).iam.create_temporary_key(token.value.get_secret_value())

    cloud = region(temporary)

    look_around(cloud, lab)


@pytest.mark.parametrize("base", ["user", "key"])
def test_an_agency_works_for_every_service(
    lab: RunningLab, region: Region, base: str, request: pytest.FixtureRequest
) -> None:
    cloud = region(AgencyCredentials(request.getfixturevalue(base), "lab-builder", "lab-partner"))

    assert cloud.project_id != lab.env["HW_PROJECT_ID"]
    assert cloud.ims.list_images(image_type="private") == []
    assert cloud.ecs.list_servers() == []
    assert cloud.evs.list_volumes() == []


def look_around(cloud: Cloud, lab: RunningLab) -> None:
    assert DEBIAN in {version.os_version for version in cloud.ims.list_os_versions()}
    assert cloud.ims.get_quota().limit > 0
    assert any(flavor.id == "s6.large.2" for flavor in cloud.ecs.list_flavors(lab.env["HW_AVAILABILITY_ZONE"]))
    assert lab.env["HW_AVAILABILITY_ZONE"] in cloud.ecs.list_availability_zones()
    assert cloud.ecs.get_limits().max_instances > 0
    assert cloud.evs.list_volumes() == []
    assert "SAS" in {kind.name for kind in cloud.evs.list_volume_types()}
    assert cloud.vpc.get_vpc(lab.env["HW_VPC_ID"]) is not None
    assert lab.env["HW_SUBNET_ID"] in {subnet.id for subnet in cloud.vpc.list_subnets(lab.env["HW_VPC_ID"])}
    assert "default" in {group.name for group in cloud.vpc.list_security_groups()}
    found = cloud.obs.head_object("lab-images", "small.iso")
    assert found is not None
    assert (found.size_bytes, found.storage_class) == (len(CONTENT), "STANDARD")


@pytest.mark.parametrize("base", ["user", "key"])
def test_everything_that_a_build_refers_to_can_be_read(
    lab: RunningLab, region: Region, base: str, request: pytest.FixtureRequest
) -> None:
    cloud = region(request.getfixturevalue(base))

    look_around(cloud, lab)
    assert cloud.obs.read_range("lab-images", "small.iso", 32769, 5) == b"CD001"
    assert cloud.obs.read_range("lab-images", "small.iso", 10**9, 5) == b""
    assert cloud.obs.head_object("lab-images", "none.iso") is None
    assert cloud.obs.head_object("no-such-bucket", "small.iso") is None
    assert cloud.obs.bucket_location("lab-images") == "lab-1"
    with pytest.raises(tree.NotFound, match="NoSuchBucket"):
        cloud.obs.bucket_location("no-such-bucket")


def test_the_variables_that_the_lab_exports_are_all_that_is_needed(lab: RunningLab, region: Region) -> None:
    cloud = region(find_credentials({}, lab.env, None))

    assert cloud.project_id == lab.env["HW_PROJECT_ID"]


def test_a_wrong_password_is_named_as_such(region: Region, user: PasswordCredentials) -> None:
    with pytest.raises(tree.AuthenticationFailed, match=f"sign in as {user.user_name}") as raised:
        region(replace(user, password="a wrong one")).ims.list_images()

    assert "a wrong one" not in str(raised.value)
    assert raised.value.hint


def test_a_wrong_secret_key_is_named_as_such(region: Region, key: AccessKeyCredentials) -> None:
    with pytest.raises(tree.AuthenticationFailed) as raised:
        region(replace(key, secret_key="a wrong one")).ims.list_images()

    assert "canonicalRequest" not in str(raised.value)


def test_an_unknown_project_is_named(region: Region, key: AccessKeyCredentials) -> None:
    with pytest.raises(tree.ConfigurationError, match="lab-9"):
        _ = region(key, project_name="lab-9").project_id


def test_a_token_that_the_cloud_no_longer_knows_is_replaced(
    restored: RunningLab, region: Region, user: PasswordCredentials
) -> None:
    cloud = region(user)
    cloud.ims.list_images()
    restored.fault("status", service="ims", nth=1, status=401, code="APIGW.0301", message="token expires")

    cloud.ims.list_images()

    assert restored.operations().count("keystone_create_user_token_by_password") == 2


def test_no_secret_is_in_the_labs_own_log(lab: RunningLab, user: PasswordCredentials) -> None:
    log = Path(lab.state / "lab.log").read_text()

    assert user.password not in log
