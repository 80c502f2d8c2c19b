"""Every operation of the image service that the lab has, called by the official SDK."""

import itertools
from pathlib import Path
from typing import Any

import huaweicloudsdkims.v2 as ims
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from lab.world.identity.accounts import PROJECTS
from tests.lab.clients import Clients, refused
from tests.lab.plain import DEBIAN
from tests.labs import RunningLab, wait_for

pytestmark = pytest.mark.filterwarnings("ignore:Method .* of ImsClient is deprecated")
TEAM = PROJECTS[1].id


def create(cloud: Clients, **body: Any) -> Any:
    return cloud.ims.create_image(ims.CreateImageRequest(body=ims.CreateImageRequestBody(**body)))


def iso_body(**changes: Any) -> dict[str, Any]:
    known = {"name": "iso", "type": "IsoImage", "image_url": "lab-images:installer.iso", "min_disk": 40}
    return {**known, "os_version": DEBIAN, **changes}


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


def delete(cloud: Clients, image_id: str) -> None:
    cloud.ims.glance_delete_image(ims.GlanceDeleteImageRequest(image_id=image_id))


def test_a_deleted_image_is_gone_later_and_its_second_deletion_is_404(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    delete(cloud, image_id)
    wait_for(lambda: not cloud.images(id=image_id), "the image's end")
    assert refused(lambda: delete(cloud, image_id))[0] == 404


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


def patch(cloud: Clients, image_id: str, *changes: tuple[str, str, str]) -> Any:
    body = [ims.UpdateImageRequestBody(op=op, path=path, value=value) for op, path, value in changes]
    return cloud.ims.update_image(ims.UpdateImageRequest(image_id=image_id, body=body))


def test_attributes_change_all_or_none(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    assert refused(lambda: patch(cloud, image_id, ("replace", "/__description", "d"))) == (400, "IMG.0035")
    changed = patch(cloud, image_id, ("replace", "/name", "renamed"), ("add", "/__description", "d"))
    assert (changed.name, changed.description) == ("renamed", "d")
    twice = (("replace", "/name", "again"), ("replace", "/id", "x"))
    assert refused(lambda: patch(cloud, image_id, *twice)) == (400, "IMG.0035")
    (image,) = cloud.images(id=image_id)
    assert image.name == "renamed"
    assert patch(cloud, image_id, ("replace", "/min_ram", "2048")).min_ram == 2048
    assert patch(cloud, image_id, ("add", "/hw_firmware_type", "uefi")).hw_firmware_type == "uefi"
    assert refused(lambda: patch(cloud, "nothing", ("replace", "/name", "x"))) == (400, "IMG.0144")


def test_both_tag_interfaces_agree(cloud: Clients) -> None:
    client, image_id = cloud.ims, cloud.iso_image()
    client.add_image_tag(
        ims.AddImageTagRequest(image_id=image_id, body=ims.AddImageTagRequestBody(tag=ims.ResourceTag("a", "1")))
    )
    both = [ims.ResourceTag("a", "2"), ims.ResourceTag("b", "3")]
    client.batch_add_or_delete_tags(
        ims.BatchAddOrDeleteTagsRequest(
            image_id=image_id, body=ims.BatchAddOrDeleteTagsRequestBody(action="create", tags=both)
        )
    )
    old = ims.AddOrUpdateTagsRequestBody(image_id=image_id, tag="c.4")
    client.create_or_update_tags(ims.CreateOrUpdateTagsRequest(body=old))
    tags = client.list_image_tags(ims.ListImageTagsRequest(image_id=image_id)).tags
    assert {t.key: t.value for t in tags} == {"a": "2", "b": "3", "c": "4"}
    everywhere = client.list_images_tags(ims.ListImagesTagsRequest()).tags
    assert {t.key: t.values for t in everywhere} == {"a": ["2"], "b": ["3"], "c": ["4"]}
    assert client.list_tags(ims.ListTagsRequest()).tags == ["a=2", "b=3", "c=4"]
    assert [i.id for i in cloud.images(tag="a=2")] == [image_id]
    assert cloud.images(tag="a=1") == []

    client.delete_image_tag(ims.DeleteImageTagRequest(image_id=image_id, key="a"))
    again = ims.DeleteImageTagRequest(image_id=image_id, key="a")
    assert refused(lambda: client.delete_image_tag(again))[0] == 404
    client.batch_delete_tags(
        ims.BatchDeleteTagsRequest(
            image_id=image_id, body=ims.BatchDeleteTagsRequestBody(tags=[ims.ResourceTag("b", "3")])
        )
    )
    client.glance_create_tag(ims.GlanceCreateTagRequest(image_id=image_id, tag="bare"))
    (image,) = cloud.images(id=image_id)
    assert sorted(image.tags) == ["bare", "c=4"]
    client.glance_delete_tag(ims.GlanceDeleteTagRequest(image_id=image_id, tag="bare"))


def test_a_query_by_tags_filters_and_counts(cloud: Clients) -> None:
    first = cloud.iso_image(name="one", image_tags=[ims.TagKeyValue("k", "1"), ims.TagKeyValue("x", "y")])
    cloud.iso_image(name="two", image_tags=[ims.TagKeyValue("k", "2")])

    def query(**body: Any) -> Any:
        request = ims.ListImageByTagsRequest(body=ims.ListImageByTagsRequestBody(**body))
        return cloud.ims.list_image_by_tags(request)

    found = query(action="filter", tags=[ims.Tags(key="k", values=["1", "3"])], limit="10", offset="0")
    assert (found.total_count, found.resources[0].resource_id) == (1, first)
    assert found.resources[0].resource_detail.status == "active"
    assert query(action="count", tags=[ims.Tags(key="k", values=[])]).total_count == 2
    assert query(action="count", not_tags=[ims.Tags(key="x", values=[])]).total_count == 1
    named = [ims.TagKeyValue("resource_name", "tw")]
    assert query(action="filter", matches=named).resources[0].resource_name == "two"
    assert refused(lambda: query(action="explode")) == (400, "IMG.0001")


def test_an_image_is_shared_accepted_and_taken_back(cloud: Clients, lab: RunningLab) -> None:
    keys = (lab.env["HW_ACCESS_KEY"], lab.env["HW_SECRET_KEY"])
    team = Clients(lab, basic=BasicCredentials(*keys, TEAM))
    image_id = cloud.golden_image()
    body = ims.BatchAddMembersRequestBody(images=[image_id], projects=[TEAM])
    added = cloud.image_job(cloud.ims.batch_add_members(ims.BatchAddMembersRequest(body=body)).job_id)
    assert (added.status, added.job_type) == ("SUCCESS", "imsAddImageMembersJob")
    assert team.images(imagetype="shared") == []
    answer = ims.BatchUpdateMembersRequestBody(images=[image_id], project_id=TEAM, status="accepted")
    assert team.image_job(team.ims.batch_update_members(ims.BatchUpdateMembersRequest(body=answer)).job_id)
    assert [i.id for i in team.images(imagetype="shared")] == [image_id]
    shown = cloud.ims.show_image_member(ims.ShowImageMemberRequest(image_id=image_id, member_id=TEAM))
    assert shown.status == "accepted"
    assert len(cloud.ims.list_image_members(ims.ListImageMembersRequest(image_id=image_id)).members) == 1
    members = cloud.ims.glance_list_image_members(ims.GlanceListImageMembersRequest(image_id=image_id))
    assert members.members[0].member_id == TEAM
    taken = cloud.image_job(cloud.ims.batch_delete_members(ims.BatchDeleteMembersRequest(body=body)).job_id)
    assert taken.status == "SUCCESS"
    assert team.images(imagetype="shared") == []
    assert refused(lambda: delete(team, image_id))[0] == 404


def test_native_members_need_an_own_image(cloud: Clients) -> None:
    image_id = cloud.iso_image()

    def add(member: str) -> Any:
        body = ims.GlanceAddImageMemberRequestBody(member=member)
        return cloud.ims.glance_add_image_member(ims.GlanceAddImageMemberRequest(image_id=image_id, body=body))

    assert add(TEAM).status == "pending"
    assert refused(lambda: add(cloud.env["HW_PROJECT_ID"]))[0] == 400
    request = ims.GlanceShowImageMemberRequest(image_id=image_id, member_id=TEAM)
    assert cloud.ims.glance_show_image_member(request).member_id == TEAM
    cloud.ims.glance_delete_image_member(ims.GlanceDeleteImageMemberRequest(image_id=image_id, member_id=TEAM))
    assert refused(lambda: cloud.ims.glance_show_image_member(request))[0] == 404


def copy(cloud: Clients, image_id: str, **body: Any) -> Any:
    request = ims.CopyImageInRegionRequest(image_id=image_id, body=ims.CopyImageInRegionRequestBody(**body))
    return cloud.ims.copy_image_in_region(request).job_id


def copy_away(cloud: Clients, image_id: str, **body: Any) -> Any:
    known = {"name": "far", "region": "lab-2", "project_name": "lab-2", "agency_name": "lab-copier"}
    order = ims.CopyImageCrossRegionRequestBody(**{**known, **body})
    return cloud.ims.copy_image_cross_region(ims.CopyImageCrossRegionRequest(image_id=image_id, body=order)).job_id


def test_a_system_image_is_copied_here_and_far_away(cloud: Clients) -> None:
    image_id = cloud.golden_image()
    job = cloud.image_job(copy(cloud, image_id, name="copy", description="second"))
    assert (job.status, job.job_type) == ("SUCCESS", "imsCopyImageInRegionJob")
    (image,) = cloud.images(id=job.entities.image_id)
    assert (image.name, image.description, image.status) == ("copy", "second", "active")
    far = cloud.image_job(copy_away(cloud, image_id))
    assert (far.status, far.job_type) == ("SUCCESS", "imsCrossRegionCopyImageJob")
    assert cloud.images(name="far") == []
    assert refused(lambda: copy_away(cloud, image_id, region="lab-1")) == (400, "IMG.0142")
    assert refused(lambda: copy_away(cloud, image_id, region="mars")) == (400, "IMG.0147")
    assert refused(lambda: copy_away(cloud, image_id, project_name="no")) == (400, "IMG.0145")
    assert refused(lambda: copy_away(cloud, image_id, agency_name="no")) == (400, "IMG.0151")


def export(cloud: Clients, image_id: str, **body: Any) -> Any:
    request = ims.ExportImageRequest(image_id=image_id, body=ims.ExportImageRequestBody(**body))
    return cloud.ims.export_image(request).job_id


def test_a_system_image_is_exported_once(cloud: Clients) -> None:
    image_id = cloud.golden_image()
    target = f"lab-images:{image_id}.qcow2"
    assert cloud.image_job(export(cloud, image_id, bucket_url=target, file_format="qcow2")).status == "SUCCESS"
    again = {"bucket_url": target, "file_format": "qcow2"}
    assert refused(lambda: export(cloud, image_id, **again)) == (400, "IMG.0070")
    assert refused(lambda: export(cloud, image_id, bucket_url="a:b", file_format="iso")) == (400, "IMG.0072")
    job = cloud.image_job(create(cloud, name="back", image_url=target, min_disk=40, os_version=DEBIAN).job_id)
    assert job.status == "SUCCESS"


def test_an_iso_image_is_neither_copied_nor_exported(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    assert refused(lambda: copy(cloud, image_id, name="copy")) == (400, "IMG.0167")
    assert refused(lambda: copy_away(cloud, image_id)) == (400, "IMG.0167")
    assert refused(lambda: export(cloud, image_id, bucket_url="a:b", file_format="vhd")) == (400, "IMG.0167")


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


def test_the_native_interface_lists_shows_and_changes(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    assert cloud.ims.glance_show_image(ims.GlanceShowImageRequest(image_id=image_id)).name == "iso"
    listed = cloud.ims.glance_list_images(ims.GlanceListImagesRequest(imagetype="private"))
    assert (listed.first, [i.id for i in listed.images]) == ("/v2/images", [image_id])
    body = [ims.GlanceUpdateImageRequestBody(op="replace", path="/name", value="n2")]
    request = ims.GlanceUpdateImageRequest(image_id=image_id, body=body)
    assert cloud.ims.glance_update_image(request).name == "n2"


def test_both_job_paths_tell_the_same(cloud: Clients) -> None:
    job_id = create(cloud, **iso_body()).job_id
    done = cloud.image_job(job_id)
    other = cloud.ims.show_job(ims.ShowJobRequest(job_id=job_id))
    assert other.entities.image_id == done.entities.image_id
    assert (done.begin_time, done.end_time) == (other.begin_time, other.end_time)
    assert (done.error_code, done.entities.process_percent) == (None, 1.0)
    assert refused(lambda: cloud.ims.show_job(ims.ShowJobRequest(job_id="f" * 32))) == (400, "Common.0011")
