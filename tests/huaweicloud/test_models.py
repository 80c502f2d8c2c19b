from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huaweicloud.ecs import Flavor, Server, ServerJob
from huaweicloud.evs import VolumeDetails, VolumeJob
from huaweicloud.ims import Image, ImageJob
from huaweicloud.models.tags import read_tags


@pytest.mark.parametrize(
    ("spelled", "tags"),
    [
        (["a=b", "c=d=e", "f"], {"a": "b", "c": "d=e", "f": ""}),
        (["a.b.c", "x.1"], {"a": "b.c", "x": "1"}),
        ([{"key": "a", "value": "b"}, {"key": "c"}], {"a": "b", "c": ""}),
        ({"a": "b"}, {"a": "b"}),
        ([], {}),
        (None, {}),
    ],
)
def test_tags_are_read_in_every_spelling(spelled: object, tags: dict[str, str]) -> None:
    assert read_tags(spelled) == tags


@pytest.mark.parametrize(
    ("index", "is_system"),
    [("0", True), (0, True), ("1", False), (1, False), ("-1", False), (None, False), ("", False)],
)
def test_the_system_disk_is_the_one_with_boot_index_zero(index: object, is_system: bool) -> None:
    server = Server.model_validate(
        {"id": "s", "os-extended-volumes:volumes_attached": [{"id": "v", "bootIndex": index, "device": "/dev/vdb"}]}
    )

    assert [volume.is_system for volume in server.volumes] == [is_system]
    assert len(server.data_volumes) == (0 if is_system else 1)


def test_a_server_is_read_whatever_is_null() -> None:
    names = [field.alias or name for name, field in Server.model_fields.items()]

    server = Server.model_validate({**dict.fromkeys(names), "id": "s", "image": None, "flavor": None})

    assert (server.name, server.volumes, server.tags, server.fault) == ("", [], {}, None)


def test_an_image_is_read_whatever_is_null() -> None:
    names = [field.alias or name for name, field in Image.model_fields.items()]

    image = Image.model_validate({**dict.fromkeys(names), "id": "i"})

    assert (image.min_disk, image.size_bytes, image.hw_firmware_type, image.architecture) == (0, None, "bios", "x86")


@pytest.mark.parametrize(
    ("given", "architecture", "firmware"),
    [
        ({}, "x86", "bios"),
        ({"__support_arm": "true"}, "arm", "uefi"),
        ({"architecture": "arm"}, "arm", "uefi"),
        ({"hw_firmware_type": "uefi"}, "x86", "uefi"),
    ],
)
def test_architecture_and_boot_mode_of_an_image(given: dict[str, str], architecture: str, firmware: str) -> None:
    image = Image.model_validate({"id": "i", **given})

    assert (image.architecture, image.hw_firmware_type) == (architecture, firmware)


@pytest.mark.parametrize(("max_ram", "read"), [("4096", 4096), (0, 0), ("", None), (None, None)])
def test_max_ram_may_be_text(max_ram: object, read: int | None) -> None:
    assert Image.model_validate({"id": "i", "max_ram": max_ram}).max_ram == read


@pytest.mark.parametrize(
    ("entities", "image_id", "progress"),
    [
        ({"image_id": "i1", "process_percent": 0.4}, "i1", 0.4),
        ({"sub_jobs_result": [{"entities": {"image_id": "i2"}}]}, "i2", None),
        ({"process_percent": "0.2"}, None, 0.2),
        ({"process_percent": 40}, None, 0.4),
        ({"process_percent": None}, None, None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_an_image_job_is_read_in_both_shapes(entities: Any, image_id: str | None, progress: float | None) -> None:
    job = ImageJob.model_validate({"job_id": "j", "status": "RUNNING", "entities": entities})

    assert (job.image_id, job.progress) == (image_id, progress)


def test_a_failed_image_job_gathers_its_reasons() -> None:
    part = {"status": "FAIL", "error_code": "IMG.0057", "fail_reason": "no file", "entities": {}}

    job = ImageJob.model_validate(
        {
            "job_id": "j",
            "status": "FAIL",
            "error_code": None,
            "fail_reason": "sub job fail",
            "entities": {"sub_jobs_result": [part]},
        }
    )

    assert (job.error_code, job.fail_reason) == ("IMG.0057", "sub job fail; no file")


def test_a_failed_server_job_gathers_the_reasons_of_its_parts() -> None:
    job = ServerJob.model_validate(
        {
            "job_id": "j",
            "status": "FAIL",
            "error_code": "Common.0021",
            "fail_reason": "Sub job fail!",
            "entities": {
                "sub_jobs_total": 1,
                "sub_jobs": [
                    {
                        "status": "FAIL",
                        "error_code": "Ecs.0319",
                        "fail_reason": "no capacity",
                        "entities": {"server_id": "s1", "errorcode_message": "zone full"},
                    }
                ],
            },
        }
    )

    assert (job.server_id, job.error_code) == ("s1", "Ecs.0319")
    assert job.fail_reason == "Sub job fail!; no capacity; zone full"


def test_a_delete_job_with_a_list_among_its_entities_is_read() -> None:
    entities = {"sub_jobs": [{"entities": {"server_id": "s1", "attached_volume_ids": ["v1"]}}]}

    assert ServerJob.model_validate({"job_id": "j", "status": "SUCCESS", "entities": entities}).server_id == "s1"


def test_a_volume_job_names_its_disk_with_or_without_parts() -> None:
    plain = {"job_id": "j", "status": "SUCCESS", "entities": {"volume_id": "v1"}}
    parts = {"job_id": "j", "status": "SUCCESS", "entities": {"sub_jobs": [{"entities": {"volume_id": "v2"}}]}}

    assert [VolumeJob.model_validate(job).volume_id for job in (plain, parts)] == ["v1", "v2"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T03:10:00Z", datetime(2026, 11, 24, 3, 10, tzinfo=UTC)),
        ("2026-11-24T03:10:00.545Z", datetime(2026, 11, 24, 3, 10, 0, 545000, tzinfo=UTC)),
        ("2026-11-24T03:10:00.000005", datetime(2026, 11, 24, 3, 10, 0, 5, tzinfo=UTC)),
        ("04-Jun-2015 18:11:06:586", datetime(2015, 6, 4, 18, 11, 6, 586000, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("soon", None),
    ],
)
def test_times_are_read_in_every_spelling(text: str | None, moment: datetime | None) -> None:
    assert ImageJob.model_validate({"job_id": "j", "status": "RUNNING", "begin_time": text}).begin_time == moment


@pytest.mark.parametrize(
    ("specs", "zone", "status"),
    [
        ({}, "z1", "normal"),
        ({"cond:operation:status": "abandon"}, "z1", "abandon"),
        ({"cond:operation:status": "abandon", "cond:operation:az": "z1(normal), z2(sellout)"}, "z1", "normal"),
        ({"cond:operation:status": "abandon", "cond:operation:az": "z1(normal), z2(sellout)"}, "z2", "sellout"),
        ({"cond:operation:status": "abandon", "cond:operation:az": "z1(normal), z2(sellout)"}, "z3", "abandon"),
        ({"cond:operation:az": "az-1(sellout)"}, "az-10", "normal"),
    ],
)
def test_a_flavors_status_in_a_zone(specs: dict[str, str], zone: str, status: str) -> None:
    assert (
        Flavor.model_validate({"id": "f", "vcpus": "2", "ram": 4096, "os_extra_specs": specs}).status_in(zone) == status
    )


def test_a_flavors_kind_is_read_from_its_specs() -> None:
    specs = {"hws:performancetype": "normal", "ecs:virtualization_env_types": "CloudCompute", "ecs:generation": "s6"}

    flavor = Flavor.model_validate({"id": "f", "vcpus": "2", "ram": 4096, "os_extra_specs": specs})

    assert (flavor.performance_type, flavor.virtualization, flavor.generation) == ("normal", "KVM", "s6")
    assert (flavor.vcpus, flavor.ram_mib, flavor.architecture) == (2, 4096, "x86")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(extra=st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_fields_that_the_cloud_adds_do_no_harm(extra: dict[str, Any]) -> None:
    for kind in (Image, Server, VolumeDetails):
        known = {field.alias or name for name, field in kind.model_fields.items()} | set(kind.model_fields)
        added = {name: value for name, value in extra.items() if name not in known | {"image", "flavor"}}
        assert kind.model_validate({**added, "id": "x"}).id == "x"
