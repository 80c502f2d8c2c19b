"""Changes of images with the official SDK: deletion, attributes, tags, members, copies and exports."""

from typing import Any

import huaweicloudsdkims.v2 as ims
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from lab.world.identity.accounts import PROJECTS
from tests.lab.clients import Clients, refused
from tests.lab.image_requests import create, delete
from tests.lab.plain import DEBIAN
from tests.labs import RunningLab, wait_for

pytestmark = pytest.mark.filterwarnings("ignore:Method .* of ImsClient is deprecated")

TEAM = PROJECTS[1].id


def test_a_deleted_image_is_gone_later_and_its_second_deletion_is_404(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    delete(cloud, image_id)
    wait_for(lambda: not cloud.images(id=image_id), "the image's end")
    assert refused(lambda: delete(cloud, image_id))[0] == 404


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
    decision = ims.BatchUpdateMembersRequestBody(images=[image_id], project_id=TEAM, status="accepted")
    assert team.image_job(team.ims.batch_update_members(ims.BatchUpdateMembersRequest(body=decision)).job_id)
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


def test_a_shared_image_is_copied_by_the_project_that_has_accepted_it(cloud: Clients, lab: RunningLab) -> None:
    keys = (lab.env["HW_ACCESS_KEY"], lab.env["HW_SECRET_KEY"])
    team = Clients(lab, basic=BasicCredentials(*keys, TEAM))
    image_id = cloud.golden_image()
    assert refused(lambda: copy(team, image_id, name="mine")) == (400, "IMG.0144")
    member = ims.GlanceAddImageMemberRequestBody(member=TEAM)
    cloud.ims.glance_add_image_member(ims.GlanceAddImageMemberRequest(image_id=image_id, body=member))
    assert refused(lambda: copy(team, image_id, name="mine")) == (400, "IMG.0196")
    decision = ims.GlanceUpdateImageMemberRequestBody(status="accepted")
    team.ims.glance_update_image_member(
        ims.GlanceUpdateImageMemberRequest(image_id=image_id, member_id=TEAM, body=decision)
    )
    job = team.image_job(copy(team, image_id, name="mine"))
    (image,) = team.images(id=job.entities.image_id)
    assert (image.name, image.status, image.owner) == ("mine", "active", TEAM)


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


def test_an_image_is_neither_deleted_nor_exported_again_during_an_export(cloud: Clients, lab: RunningLab) -> None:
    image_id = cloud.golden_image()
    lab.change_settings(durations={"export_image": 1000})
    target = {"bucket_url": f"lab-images:{image_id}-during.qcow2", "file_format": "qcow2"}
    job_id = export(cloud, image_id, **target)
    assert refused(lambda: export(cloud, image_id, **target)) == (400, "IMG.0148")
    assert refused(lambda: delete(cloud, image_id))[0] == 400
    assert cloud.image_job(job_id).status == "SUCCESS"
    delete(cloud, image_id)


def test_an_iso_image_is_neither_copied_nor_exported(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    assert refused(lambda: copy(cloud, image_id, name="copy")) == (400, "IMG.0167")
    assert refused(lambda: copy_away(cloud, image_id)) == (400, "IMG.0167")
    assert refused(lambda: export(cloud, image_id, bucket_url="a:b", file_format="vhd")) == (400, "IMG.0167")


def test_the_native_interface_lists_shows_and_changes(cloud: Clients) -> None:
    image_id = cloud.iso_image()
    assert cloud.ims.glance_show_image(ims.GlanceShowImageRequest(image_id=image_id)).name == "iso"
    listed = cloud.ims.glance_list_images(ims.GlanceListImagesRequest(imagetype="private"))
    assert (listed.first, [i.id for i in listed.images]) == ("/v2/images", [image_id])
    body = [ims.GlanceUpdateImageRequestBody(op="replace", path="/name", value="n2")]
    request = ims.GlanceUpdateImageRequest(image_id=image_id, body=body)
    assert cloud.ims.glance_update_image(request).name == "n2"
