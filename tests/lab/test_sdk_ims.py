"""Images with the official SDK: creation from ISO files, files, servers and disks; lists and quota."""

import itertools
from pathlib import Path
from typing import Any

import huaweicloudsdkims.v2 as ims
import pytest

from tests.lab.clients import Clients, refused
from tests.lab.image_requests import create, delete, iso_body
from tests.lab.plain import DEBIAN
from tests.labs import RunningLab

pytestmark = pytest.mark.filterwarnings("ignore:Method .* of ImsClient is deprecated")


def test_an_iso_image_carries_what_was_asked_for(cloud: Clients) -> None:
    image_id = cloud.iso_image(
        name="installer 1",
        description="by test",
        min_disk=50,
        hw_firmware_type="uefi",
        min_ram=1024,
        max_ram=8192,
        image_tags=[ims.TagKeyValue("k", "v")],
    )
    (image,) = cloud.images(id=image_id)
    assert (image.name, image.description, image.min_disk) == ("installer 1", "by test", 50)
    assert (image.virtual_env_type, image.disk_format, image.status) == ("IsoImage", "iso", "active")
    assert (image.hw_firmware_type, image.min_ram, image.max_ram) == ("uefi", 1024, "8192")
    assert (image.data_origin, image.root_origin) == ("file,lab-images:installer.iso", "file")
    assert (image.os_type, image.os_bit, image.platform) == ("Linux", "64", "Debian")
    assert image.tags == ["k=v"]


def test_an_arm_image_has_uefi(cloud: Clients) -> None:
    (image,) = cloud.images(id=cloud.iso_image(architecture="arm", hw_firmware_type="bios"))
    assert (image.hw_firmware_type, image.support_arm) == ("uefi", "true")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"os_version": None}, "IMG.0166"),
        ({"os_version": "BeOS 5"}, "IMG.0056"),
        ({"image_url": "lab-images:missing.iso"}, "IMG.0057"),
        ({"image_url": "no-such-bucket:installer.iso"}, "IMG.0057"),
        ({"image_url": "lab-images"}, "IMG.0057"),
        ({"image_url": "lab-images:../../etc/passwd.iso"}, "IMG.0057"),
        ({"image_url": "lab-images:my installer.iso"}, "IMG.0175"),
        ({"image_url": None}, "IMG.0057"),
        ({"min_disk": 0}, "IMG.0055"),
        ({"min_disk": 1025}, "IMG.0055"),
        ({"min_disk": None}, "IMG.0055"),
        ({"name": None}, "IMG.0013"),
        ({"name": "n" * 129}, "IMG.0002"),
        ({"name": "a/b"}, "IMG.0003"),
        ({"name": " padded"}, "IMG.0003"),
        ({"description": "d" * 1025}, "IMG.0004"),
        ({"description": "<b>"}, "IMG.0054"),
        ({"type": "Floppy"}, "IMG.0024"),
        ({"architecture": "mips"}, "IMG.0212"),
        ({"hw_firmware_type": "coreboot"}, "IMG.0141"),
        ({"image_tags": [ims.TagKeyValue("k", "v"), ims.TagKeyValue("k", "w")]}, "IMG.0115"),
        ({"image_tags": [ims.TagKeyValue(f"k{n}", "v") for n in range(11)]}, "IMG.0116"),
        ({"image_tags": [ims.TagKeyValue("k" * 37, "v")]}, "IMG.0115"),
        ({"tags": ["a.b"], "image_tags": [ims.TagKeyValue("k", "v")]}, "IMG.0115"),
        ({"min_ram": -1}, "IMG.0055"),
    ],
)
def test_a_bad_order_gets_its_documented_code(cloud: Clients, changes: dict[str, Any], code: str) -> None:
    body = {key: value for key, value in iso_body(**changes).items() if value is not None}
    assert refused(lambda: create(cloud, **body)) == (400, code)
    assert cloud.images(imagetype="private") == []


def test_a_system_image_comes_from_a_file(cloud: Clients, lab: RunningLab, tmp_path: Path) -> None:
    file = tmp_path / "disk.qcow2"
    file.write_text('{"simulated_disk": "x", "content": "an imported system", "written_bytes": 5, "size_gib": 1}')
    lab.put(file, "lab-images/disk.qcow2")
    body = {"name": "file", "image_url": "lab-images:disk.qcow2", "min_disk": 40, "os_version": DEBIAN}
    job = cloud.image_job(create(cloud, **body).job_id)
    assert (job.status, job.job_type) == ("SUCCESS", "imsImportImageJob")
    (image,) = cloud.images(id=job.entities.image_id)
    assert (image.virtual_env_type, image.data_origin) == ("FusionCompute", "file,lab-images:disk.qcow2")


def test_a_quick_import_takes_raw_files_only(cloud: Clients, lab: RunningLab, tmp_path: Path) -> None:
    file = tmp_path / "disk.raw"
    file.write_bytes(b"\1" * 5000)
    lab.put(file, "lab-images/disk.raw")

    def quick(**changes: Any) -> Any:
        known = {"name": "quick", "image_url": "lab-images:disk.raw", "min_disk": 40, "os_version": DEBIAN}
        body = ims.QuickImportImageByFileRequestBody(**{**known, **changes})
        return cloud.ims.import_image_quick(ims.ImportImageQuickRequest(body=body)).job_id

    assert cloud.image_job(quick()).status == "SUCCESS"
    job = cloud.image_job(quick(type="DataImage", os_version=None, os_type="Linux"))
    (image,) = cloud.images(id=job.entities.image_id)
    assert image.virtual_env_type == "DataImage"
    assert refused(lambda: quick(image_url="lab-images:installer.iso")) == (400, "IMG.0158")
    assert refused(lambda: quick(os_version=None)) == (400, "IMG.0159")


def test_a_data_image_comes_from_a_file(cloud: Clients, lab: RunningLab, tmp_path: Path) -> None:
    file = tmp_path / "data.raw"
    file.write_bytes(b"\1" * 5000)
    lab.put(file, "lab-images/data.raw")
    body = ims.CreateDataImageRequestBody(name="data", image_url="lab-images:data.raw", min_disk=40)
    job = cloud.image_job(cloud.ims.create_data_image(ims.CreateDataImageRequest(body=body)).job_id)
    assert (job.status, job.job_type) == ("SUCCESS", "imsImportDataImageJob")


def test_images_come_from_a_server_and_from_its_data_disk(cloud: Clients) -> None:
    server = cloud.installed_server()
    system = cloud.image_job(create(cloud, name="system", instance_id=server.id).job_id)
    assert (system.status, system.job_type) == ("SUCCESS", "imsCreateImageByInstance")
    (image,) = cloud.images(id=system.entities.image_id)
    assert image.data_origin == f"instance,{server.id}"

    disk = server.os_extended_volumesvolumes_attached[1].id
    data = [ims.CreateDataImage(name="data", volume_id=disk)]
    job = cloud.image_job(create(cloud, data_images=data).job_id)
    assert job.job_type == "imsVolumesToSysDataImagesJob"
    image_id = job.entities.sub_jobs_result[0].entities.image_id
    (image,) = cloud.images(id=image_id)
    assert (image.virtual_env_type, image.data_origin) == ("DataImage", f"volume,{disk}")


def test_a_capture_needs_a_disk_and_a_version(cloud: Clients) -> None:
    disk = cloud.installed_server().os_extended_volumesvolumes_attached[1].id
    body = {"name": "x", "type": "ECS", "os_version": DEBIAN, "volume_id": disk}
    assert refused(lambda: create(cloud, **{**body, "volume_id": "nothing"})) == (400, "IMG.0120")
    assert refused(lambda: create(cloud, **{**body, "type": "IsoImage"})) == (400, "IMG.0117")
    assert refused(lambda: create(cloud, **{**body, "os_version": "BeOS"})) == (400, "IMG.0056")
    assert refused(lambda: create(cloud, name="x", instance_id="nothing")) == (400, "IMG.0005")


def test_a_disk_is_captured_once_at_a_time(cloud: Clients, lab: RunningLab) -> None:
    server = cloud.installed_server()
    disk = server.os_extended_volumesvolumes_attached[1].id
    lab.change_settings(durations={"capture_image": 1000})
    first = create(cloud, name="first", volume_id=disk, os_version=DEBIAN, type="ECS")
    assert refused(lambda: create(cloud, name="2nd", volume_id=disk, os_version=DEBIAN, type="ECS"))[1] == "IMG.0022"
    (image,) = cloud.images(name="first")
    assert image.status in ("queued", "saving")
    assert refused(lambda: delete(cloud, image.id))[0] == 400
    assert cloud.image_job(first.job_id).status == "SUCCESS"


def test_lists_filter_sort_and_page(cloud: Clients) -> None:
    ids = [cloud.iso_image(name=f"image-{n}", min_disk=40 + n) for n in range(3)]
    assert [i.id for i in cloud.images(imagetype="private", sort_key="name", sort_dir="asc")] == ids
    assert [i.id for i in cloud.images(imagetype="private")] == ids[::-1]
    assert [i.id for i in cloud.images(name="image-1")] == [ids[1]]
    assert [i.id for i in cloud.images(min_disk=42, imagetype="private")] == [ids[2]]
    assert cloud.images(virtual_env_type="DataImage") == []
    assert {i.id for i in cloud.images(virtual_env_type="IsoImage", disk_format="iso", status="active")} == set(ids)
    assert all(i.visibility == "public" for i in cloud.images(imagetype="gold"))
    assert cloud.images(created_at="gt:2999-01-01T00:00:00Z") == []
    assert cloud.images(flavor_id="kc1.large.2")[0].support_arm == "true"

    seen, marker = [], None
    for _ in itertools.count():
        more: dict[str, Any] = {"marker": marker} if marker else {}
        page = cloud.images(imagetype="private", limit=2, **more)
        if not page:
            break
        seen += [i.id for i in page]
        marker = page[-1].id
    assert seen == ids[::-1]
    assert refused(lambda: cloud.images(sort_key="colour")) == (400, "IMG.0017")
    assert refused(lambda: cloud.images(marker="nothing")) == (400, "IMG.0017")


def test_quota_counts_and_is_enforced(cloud: Clients, lab: RunningLab) -> None:
    cloud.iso_image()
    lab.change_settings(quotas={"images": 1})
    quota = cloud.ims.show_image_quota(ims.ShowImageQuotaRequest()).quotas.resources[0]
    assert (quota.type, quota.used, quota.quota) == ("image", 1, 1)
    assert refused(lambda: create(cloud, **iso_body())) == (400, "IMG.0015")


def test_operating_systems_are_listed_by_platform(cloud: Clients) -> None:
    def versions(**query: Any) -> list[Any]:
        found = cloud.ims.list_os_versions(ims.ListOsVersionsRequest(**query))
        return [v for platform in found.body for v in platform.version_list]

    debian = next(v for v in versions() if v.os_version == DEBIAN)
    assert (debian.platform, debian.os_bit, debian.os_type) == ("Debian", 64, "Linux")
    assert 0 < len(versions(tag="arm")) < len(versions(tag="x86"))


def test_both_job_paths_show_the_same(cloud: Clients) -> None:
    job_id = create(cloud, **iso_body()).job_id
    done = cloud.image_job(job_id)
    other = cloud.ims.show_job(ims.ShowJobRequest(job_id=job_id))
    assert other.entities.image_id == done.entities.image_id
    assert (done.begin_time, done.end_time) == (other.begin_time, other.end_time)
    assert (done.error_code, done.entities.process_percent) == (None, 1.0)
    assert refused(lambda: cloud.ims.show_job(ims.ShowJobRequest(job_id="f" * 32))) == (400, "Common.0011")
