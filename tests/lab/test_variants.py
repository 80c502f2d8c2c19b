"""Every named variant has its documented effect, and the whole procedure passes under it."""

import random

import pytest
import requests

from lab.variants.variant_catalog import list_variants
from tests.lab.plain import DEBIAN, Raw
from tests.lab.procedure import Procedure
from tests.lab.variant_effects import SHOWS
from tests.labs import RunningLab

CASES = [(v.name, value) for v in list_variants() for value in v.values[1:]]


@pytest.fixture
def quick(lab: RunningLab, raw: Raw) -> RunningLab:
    """Set durations of jobs that are just long enough to be observed."""
    lab.change_settings(
        durations={
            "import_image": 200,
            "create_server": 200,
            "capture_image": 200,
            "delete_server": 5,
            "delete_image": 1,
        },
        guest={"install_s": 10},
        power_off_notice_s=0,
        deleted_server_shows_s=500,
        server_outlives_s=500,
    )
    return lab


def test_the_procedure_passes_under_the_defaults_and_shows_them(quick: RunningLab, raw: Raw) -> None:
    seen = Procedure(raw).run().seen
    assert [name for name, values in SHOWS.items() if not next(iter(values.values()))(seen)] == []


@pytest.mark.parametrize(("name", "value"), CASES)
def test_the_procedure_passes_under_a_variant_that_shows(quick: RunningLab, raw: Raw, name: str, value: str) -> None:
    quick.choose(**{name: value})
    seen = Procedure(raw).run().seen
    shows = SHOWS.get(name, {}).get(value)
    assert shows is None or shows(seen), seen


@pytest.mark.parametrize("seed", range(6))
def test_the_procedure_passes_under_a_mix_of_variants(quick: RunningLab, raw: Raw, seed: int) -> None:
    choose = random.Random(seed)
    mix = {v.name: choose.choice(v.values) for v in list_variants()}
    quick.choose(**mix)
    Procedure(raw).run()


def test_variants_are_listed_with_their_source(lab: RunningLab) -> None:
    listed = lab.call("GET", "/variants")
    assert all(v["silent"] and v["changes"] and v["value"] == v["default"] == v["values"][0] for v in listed)
    assert len(listed) == len(list(list_variants()))


def code(response: requests.Response) -> str:
    return str(response.json()["error"]["code"])


def test_min_disk_bounds(lab: RunningLab, raw: Raw) -> None:
    order = Procedure(raw).image_order(min_disk=39, image_url="lab-images:missing.iso")
    for value, expected in (("1-1024", "IMG.0057"), ("10-1024", "IMG.0057"), ("40-1024", "IMG.0055")):
        lab.choose(min_disk_bounds=value)
        assert code(raw.send("ims", "POST", "/v2/cloudimages/action", json=order)) == expected


def test_equal_names(quick: RunningLab, raw: Raw) -> None:
    procedure = Procedure(raw)
    ids = [procedure.iso_image(), procedure.iso_image()]
    quick.choose(equal_image_names="refused")
    assert code(raw.send("ims", "POST", "/v2/cloudimages/action", json=procedure.image_order())) == "IMG.0009"
    for image_id in ids:
        procedure.delete_image(image_id)


def test_the_iso_guides_extra_fields(quick: RunningLab, raw: Raw) -> None:
    procedure = Procedure(raw)
    image_id = procedure.iso_image()
    order = procedure.server_order(image_id, metadata={}, extendparam={})
    quick.choose(iso_needs_metadata="yes")
    assert code(raw.send("ecs", "POST", "/v1/{project}/cloudservers", json=order)) == "Ecs.0005"
    procedure.delete_image(image_id)


def test_missing_servers(lab: RunningLab, raw: Raw) -> None:
    body = {"servers": [{"id": "nothing"}]}
    path = "/v1/{project}/cloudservers/delete"
    for value in ("0114", "0614"):
        lab.choose(show_missing_server=value, delete_missing_server=f"404_{value}")
        assert code(raw.send("ecs", "GET", "/v1/{project}/cloudservers/nothing")) == f"Ecs.{value}"
        assert code(raw.send("ecs", "POST", path, json=body)) == f"Ecs.{value}"
    lab.choose(delete_missing_server="job_fails")
    job = Procedure(raw).ended("ecs", raw.send("ecs", "POST", path, json=body).json()["job_id"])
    assert (job["status"], job["error_code"]) == ("FAIL", "Ecs.0114")


def test_power_actions_in_place(quick: RunningLab, raw: Raw) -> None:
    procedure = Procedure(raw)
    iso_id = procedure.iso_image()
    server_id = procedure.server(iso_id)
    procedure.wait_for_power_off(server_id)
    body = {"os-stop": {"servers": [{"id": server_id}]}}
    path = "/v1/{project}/cloudservers/action"
    assert procedure.ended("ecs", raw.send("ecs", "POST", path, json=body).json()["job_id"])["status"] == "SUCCESS"
    quick.choose(power_action_in_place="refused")
    assert code(raw.send("ecs", "POST", path, json=body)) == "Ecs.0100"
    quick.choose(power_action_in_place="job_fails")
    assert procedure.ended("ecs", raw.send("ecs", "POST", path, json=body).json()["job_id"])["status"] == "FAIL"
    quick.choose(image_delete_in_use="refused")
    assert raw.send("ims", "DELETE", f"/v2/images/{iso_id}").status_code == 400
    procedure.delete_server(server_id)
    procedure.delete_image(iso_id)


@pytest.mark.parametrize("entities", ["kept", "empty"])
@pytest.mark.parametrize("image", ["none", "killed"])
def test_failed_image_jobs(quick: RunningLab, raw: Raw, entities: str, image: str) -> None:
    quick.choose(failed_job_entities=entities, failed_image=image)
    quick.job_fault("import_image", "ImportImageTask", "IMG.0061")
    procedure = Procedure(raw)
    job = procedure.ended("ims", procedure.post("ims", "/v2/cloudimages/action", procedure.image_order())["job_id"])
    assert (job["status"], bool(job["entities"])) == ("FAIL", entities == "kept")
    left = raw.send("ims", "GET", "/v2/cloudimages?__imagetype=private").json()["images"]
    assert [i["status"] for i in left] == (["killed"] if image == "killed" else [])
    for each in left:
        procedure.delete_image(each["id"])


@pytest.mark.parametrize(
    ("value", "parent", "sub"), [("both", True, True), ("parent", True, False), ("sub", False, True)]
)
def test_codes_of_failed_server_jobs(quick: RunningLab, raw: Raw, value: str, parent: bool, sub: bool) -> None:
    quick.choose(failed_job_codes=value)
    quick.job_fault("create_server", "boot", "Ecs.0219")
    procedure = Procedure(raw)
    iso_id = procedure.iso_image()
    accepted = procedure.post("ecs", "/v1/{project}/cloudservers", procedure.server_order(iso_id))
    job = procedure.ended("ecs", accepted["job_id"])
    assert (job["error_code"] == "Ecs.0219") is parent
    assert (job["entities"]["sub_jobs"][0]["error_code"] == "Ecs.0219") is sub
    procedure.delete_image(iso_id)


def test_a_blank_disk_may_be_refused(quick: RunningLab, raw: Raw) -> None:
    quick.choose(blank_capture="refused")
    quick.change_settings(guest={"install_s": 100_000})
    procedure = Procedure(raw)
    iso_id = procedure.iso_image()
    server_id = procedure.server(iso_id)
    order = {"name": "x", "volume_id": procedure.data_disk(server_id), "type": "ECS", "os_version": DEBIAN}
    job = procedure.ended("ims", procedure.post("ims", "/v2/cloudimages/action", order)["job_id"])
    assert (job["status"], job["error_code"]) == ("FAIL", "IMG.0014")
    procedure.delete_server(server_id)
    procedure.delete_image(iso_id)


@pytest.mark.parametrize("value", ["refused", "capture_fails"])
def test_deleting_a_server_during_a_capture(quick: RunningLab, raw: Raw, value: str) -> None:
    quick.choose(delete_during_capture=value)
    procedure = Procedure(raw)
    iso_id = procedure.iso_image()
    server_id = procedure.server(iso_id)
    procedure.wait_for_power_off(server_id)
    quick.change_settings(durations={"capture_image": 600})
    order = {"name": "x", "volume_id": procedure.data_disk(server_id), "type": "ECS", "os_version": DEBIAN}
    capture = procedure.post("ims", "/v2/cloudimages/action", order)["job_id"]
    body = {"servers": [{"id": server_id}], "delete_volume": True}
    response = raw.send("ecs", "POST", "/v1/{project}/cloudservers/delete", json=body)
    assert response.status_code == (400 if value == "refused" else 200)
    job = procedure.ended("ims", capture)
    assert job["status"] == ("SUCCESS" if value == "refused" else "FAIL")
    if value == "refused":
        procedure.delete_image(job["entities"]["image_id"])
        procedure.delete_server(server_id)
    procedure.delete_image(iso_id)


@pytest.mark.parametrize(("value", "left"), [("own_flag", 0), ("kept", 1)])
def test_the_disks_own_deletion_flag(quick: RunningLab, raw: Raw, value: str, left: int) -> None:
    quick.choose(delete_volume_default=value)
    before = volume_ids(raw)
    procedure = Procedure(raw)
    iso_id = procedure.iso_image()
    disk = {"volumetype": "SAS", "size": 40, "delete_on_termination": True}
    order = procedure.server_order(iso_id, data_volumes=[disk])
    accepted = procedure.post("ecs", "/v1/{project}/cloudservers", order)
    procedure.ended("ecs", accepted["job_id"])
    body = {"servers": [{"id": accepted["serverIds"][0]}]}
    procedure.ended("ecs", procedure.post("ecs", "/v1/{project}/cloudservers/delete", body)["job_id"])
    kept = volume_ids(raw) - before
    assert len(kept) == left
    for volume_id in kept:
        raw.send("evs", "DELETE", f"/v2/{{project}}/cloudvolumes/{volume_id}")
    procedure.delete_image(iso_id)


def volume_ids(raw: Raw) -> set[str]:
    volumes = raw.send("evs", "GET", "/v2/{project}/cloudvolumes/detail").json()["volumes"]
    return {volume["id"] for volume in volumes}


def test_an_iso_image_with_a_key(lab: RunningLab, raw: Raw) -> None:
    lab.choose(iso_with_key="refused")
    order = Procedure(raw).image_order(cmk_id="a")
    assert code(raw.send("ims", "POST", "/v2/cloudimages/action", json=order)) == "IMG.0167"
