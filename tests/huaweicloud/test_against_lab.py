"""The client against the lab: one scenario, written once, signed in in every way and under faults."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from huaweicloud.auth.credentials import (
    AccessKeyCredentials,
    AgencyCredentials,
    Credentials,
    PasswordCredentials,
    find_credentials,
)
from huaweicloud.cloud import Cloud
from huaweicloud.ecs import CreateServer, Server, Volume
from huaweicloud.endpoints import find_endpoints
from huaweicloud.errors import tree
from huaweicloud.ims import CreateImageFromIso, CreateImageFromVolume
from huaweicloud.polling import wait_for_job, wait_until
from tests.labs import RunningLab

DEBIAN = "Debian GNU/Linux 10.0.0 64bit"
CONTENT = b"\x00" * 32768 + b"\x01CD001\x01" + b"\x00" * 4096


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    state = tmp_path_factory.mktemp("lab")
    running = RunningLab.start(state, time_scale=600)
    try:
        iso = state / "small.iso"
        iso.write_bytes(CONTENT)
        running.put(iso, "lab-images/small.iso")
        yield running
    finally:
        running.stop()


@pytest.fixture
def restored(lab: RunningLab) -> Iterator[RunningLab]:
    """A lab whose faults and settings are gone after the test."""
    lab.clear_journal()
    yield lab
    lab.restore()


@pytest.fixture
def user(lab: RunningLab) -> PasswordCredentials:
    return PasswordCredentials(lab.env["HW_USER_NAME"], lab.env["HW_USER_PASSWORD"], lab.env["HW_DOMAIN_NAME"])


@pytest.fixture
def key(lab: RunningLab) -> AccessKeyCredentials:
    return AccessKeyCredentials(lab.env["HW_ACCESS_KEY"], lab.env["HW_SECRET_KEY"])


class Region:
    """Makes clients of the lab and closes them."""

    def __init__(self, lab: RunningLab, stack: ExitStack) -> None:
        self.endpoints = find_endpoints("lab-1", {}, lab.env)
        self._stack = stack

    def __call__(self, credentials: Credentials, *, project_name: str | None = None) -> Cloud:
        cloud = Cloud("lab-1", credentials, self.endpoints, project_name=project_name)
        self._stack.callback(cloud.close)
        return cloud


@pytest.fixture
def region(lab: RunningLab) -> Iterator[Region]:
    with ExitStack() as stack:
        yield Region(lab, stack)


def server_request(lab: RunningLab, image_id: str, name: str = "iso-1") -> CreateServer:
    return CreateServer(
        name=name,
        image_id=image_id,
        flavor_id="s6.large.2",
        vpc_id=lab.env["HW_VPC_ID"],
        subnet_ids=[lab.env["HW_SUBNET_ID"]],
        root_volume=Volume(volume_type="SAS", size=40),
        data_volumes=[Volume(volume_type="SAS", size=40, delete_on_termination=True)],
        availability_zone=lab.env["HW_AVAILABILITY_ZONE"],
        metadata={"virtual_env_type": "IsoImage"},
        disk_prior=True,
        server_tags={"build": "42"},
    )


class Waits:
    """Waits of a test: none takes long."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.cancelled = threading.Event()

    def image(self, job_id: str) -> str:
        job = wait_for_job(self.cloud.ims.get_job, job_id, subject="image", timeout_s=60, cancelled=self.cancelled)
        assert job.image_id is not None
        return job.image_id

    def server(self, job_id: str) -> None:
        wait_for_job(self.cloud.ecs.get_job, job_id, subject="server", timeout_s=60, cancelled=self.cancelled)

    def power_off(self, server_id: str) -> Server:
        server = wait_until(
            lambda: self.cloud.ecs.get_server(server_id),
            done=lambda server: server is not None and (server.status == "SHUTOFF" or server.power_state == 4),
            subject="power-off",
            timeout_s=60,
            cancelled=self.cancelled,
        )
        assert server is not None
        return server

    def gone(self, server: Server) -> None:
        wait_until(
            lambda: (
                self.cloud.ecs.get_server(server.id),
                [self.cloud.evs.get_volume(volume.id) for volume in server.volumes],
            ),
            done=lambda seen: seen[0] is None and not any(seen[1]),
            subject="deletion",
            timeout_s=60,
            cancelled=self.cancelled,
        )


def build_an_image(cloud: Cloud, lab: RunningLab) -> None:
    """The whole procedure, and the removal of everything that it made."""
    waits = Waits(cloud)
    iso = CreateImageFromIso(
        name="iso",
        image_url="lab-images:small.iso",
        os_version=DEBIAN,
        min_disk=40,
        os_type="Linux",
        image_tags={"build": "42"},
    )
    iso_image_id = waits.image(cloud.ims.create_image_from_iso(iso))
    iso_image = cloud.ims.get_image(iso_image_id)
    assert iso_image is not None
    assert (iso_image.status, iso_image.virtual_env_type, iso_image.tags) == ("active", "IsoImage", {"build": "42"})
    assert iso_image.data_origin == "file,lab-images:small.iso"

    created = cloud.ecs.create_server(server_request(lab, iso_image_id), str(uuid.uuid4()))
    waits.server(created.job_id)
    server = waits.power_off(created.server_ids[0])
    assert server.tags == {"build": "42"}
    assert server.metadata["virtual_env_type"] == "IsoImage"
    (data_volume,) = server.data_volumes
    assert len(server.volumes) == 2

    request = CreateImageFromVolume(
        name="golden", volume_id=data_volume.id, os_version=DEBIAN, description="built", image_tags={"build": "42"}
    )
    image_id = waits.image(cloud.ims.create_image_from_volume(request))
    image = cloud.ims.get_image(image_id)
    assert image is not None
    assert (image.status, image.data_origin, image.description) == ("active", f"volume,{data_volume.id}", "built")
    assert (image.os_version, image.min_disk) == (DEBIAN, 40)

    waits.server(cloud.ecs.delete_servers([server.id]))
    waits.gone(server)
    for made in (image_id, iso_image_id):
        cloud.ims.delete_image(made)
        wait_until(
            lambda made=made: cloud.ims.get_image(made),  # type: ignore[misc]
            done=lambda seen: seen is None,
            subject="deletion",
            timeout_s=60,
            cancelled=waits.cancelled,
        )


def test_an_image_is_built_with_a_password(restored: RunningLab, region: Region, user: PasswordCredentials) -> None:
    cloud = region(user)

    build_an_image(cloud, restored)

    assert cloud.project_id == restored.env["HW_PROJECT_ID"]
    assert restored.operations().count("keystone_create_user_token_by_password") == 1


def test_an_image_is_built_with_a_key(restored: RunningLab, region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)

    build_an_image(cloud, restored)

    assert cloud.request_counts["iam"] == 1


def test_an_image_is_built_while_tokens_last_seconds(
    restored: RunningLab, region: Region, user: PasswordCredentials
) -> None:
    restored.change_settings(token_lifetime_s=2)

    build_an_image(region(user), restored)

    assert restored.operations().count("keystone_create_user_token_by_password") > 2
    assert not [entry for entry in restored.journal() if entry["status"] == 401]


def test_an_image_is_built_while_half_of_all_responses_are_lost(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    cloud = region(key)
    restored.fault("reset", method="GET", every=2)
    restored.fault("truncate", method="DELETE", every=2, phase="after")
    restored.fault("reset", operation="create_post_paid_servers", phase="after", nth=1)

    build_an_image(cloud, restored)

    assert restored.operations().count("create_post_paid_servers") == 2


def test_an_image_is_built_under_a_tight_request_limit(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    restored.change_settings(throttle={"limit": 1, "period_s": 1})

    build_an_image(region(key), restored)

    assert any(entry["status"] == 429 for entry in restored.journal())


def test_many_threads_share_a_client_under_a_request_limit(
    restored: RunningLab, region: Region, user: PasswordCredentials
) -> None:
    restored.change_settings(throttle={"limit": 20, "period_s": 1})
    cloud = region(user)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(cloud.ecs.list_flavors()))) for _ in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 48
    assert len(set(found)) == 1


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


def test_a_lost_response_to_a_creation_with_a_token_makes_one_server(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    cloud = region(key)
    waits = Waits(cloud)
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)
    image_id = waits.image(cloud.ims.create_image_from_iso(iso))
    restored.fault("reset", operation="create_post_paid_servers", phase="after", nth=1)

    created = cloud.ecs.create_server(server_request(restored, image_id, "once"), str(uuid.uuid4()))
    waits.server(created.job_id)

    (server,) = cloud.ecs.list_servers(name="once")
    assert server.id == created.server_ids[0]
    waits.server(cloud.ecs.delete_servers([server.id]))
    waits.gone(server)
    cloud.ims.delete_image(image_id)


def test_a_lost_response_to_a_creation_without_a_token_is_left_to_the_caller(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    restored.fault("reset", method="POST", path="/v2/cloudimages/action$", phase="after", nth=1)
    cloud = region(key)
    iso = CreateImageFromIso(name="lost", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)

    with pytest.raises(tree.ConnectionLost) as raised:
        cloud.ims.create_image_from_iso(iso)

    assert not raised.value.nothing_happened
    assert restored.operations().count("create_iso_image") == 1
    (image,) = wait_until(
        lambda: cloud.ims.list_images(name="lost", status="active"),
        done=bool,
        subject="image",
        timeout_s=60,
        cancelled=threading.Event(),
    )
    cloud.ims.delete_image(image.id)


def test_a_job_that_fails_says_why(restored: RunningLab, region: Region, key: AccessKeyCredentials) -> None:
    restored.job_fault("import_image", "ImportImageTask", "IMG.0057")
    cloud = region(key)
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)

    with pytest.raises(tree.JobFailed, match=r"IMG\.0057"):
        Waits(cloud).image(cloud.ims.create_image_from_iso(iso))


def test_a_refused_request_names_code_and_request_id(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=5000)

    with pytest.raises(tree.ApiError, match=r"ISO image iso .*IMG\.0055, HTTP 400, request id \w+"):
        region(key).ims.create_image_from_iso(iso)


def test_what_does_not_exist_is_none(region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)
    unknown = str(uuid.uuid4())

    assert cloud.ims.get_image(unknown) is None
    assert cloud.ecs.get_server(unknown) is None
    assert cloud.evs.get_volume(unknown) is None
    assert cloud.vpc.get_vpc(unknown) is None
    assert cloud.evs.delete_volume(unknown) is None
    cloud.ims.delete_image(unknown)
    for service in (cloud.ims, cloud.ecs, cloud.evs):
        with pytest.raises(tree.NotFound):
            service.get_job(unknown.replace("-", ""))


def test_tags_and_attributes_are_changed(restored: RunningLab, region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)
    image_id = Waits(cloud).image(cloud.ims.create_image_from_iso(iso))

    cloud.ims.set_tags(image_id, {"a": "1", "b": "2"})
    cloud.ims.delete_tags(image_id, ["b", "never"])
    changed = cloud.ims.update_image(image_id, {"name": "new", "__description": "text", "max_ram": 4096})

    assert (changed.name, changed.description, changed.max_ram) == ("new", "text", 4096)
    assert (found := cloud.ims.get_image(image_id)) is not None
    assert found.tags == {"a": "1"}
    assert [image.id for image in cloud.ims.list_images(tag="a=1")] == [image_id]
    cloud.ims.delete_image(image_id)


def test_cancelling_ends_a_wait_at_once(region: Region, key: AccessKeyCredentials) -> None:
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    started = time.monotonic()

    with pytest.raises(tree.Cancelled):
        wait_until(
            region(key).ims.get_quota, done=lambda _: False, subject="nothing", timeout_s=60, cancelled=cancelled
        )

    assert time.monotonic() - started < 10


def test_no_secret_is_in_the_labs_own_log(lab: RunningLab, user: PasswordCredentials) -> None:
    log = Path(lab.state / "lab.log").read_text()

    assert user.password not in log
