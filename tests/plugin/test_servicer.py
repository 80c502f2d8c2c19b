"""The services of the protocol, each done by the provider class of its resource, against the lab."""

import json

import pytest

from plugin.resources import WAY
from plugin.wire import SECRET, SIGNATURE, UNKNOWN
from providers.runtime import clients, process, serving
from tests.e2e.project import build_settings
from tests.plugin.conftest import Aborted, Engine
from tests.providers.stack import Stack

CONFIG = "urn:pulumi:test::a-program::pulumi:providers:huaweicloud-image::default"
PREFLIGHT = {"region": "lab-1", "faults": []}
SERVER = ("flavor", "availability_zone", "vpc_id", "subnet_id", "root_volume", "data_volumes")


def secret(value):
    return {SIGNATURE: SECRET, "value": value}


def history(keep_images=1):
    return {"region": "lab-1", "keep_images": keep_images}


def server(lab, **changes):
    settings = build_settings(lab.env)
    more = {"region": "lab-1", "build_id": "0" * 16, "name": "golden", "iso_image_id": UNKNOWN}
    return {**more, **{key: settings[key] for key in SERVER}, **changes}


def check_config(engine: Engine, **news) -> list[str]:
    answer = engine.call("CheckConfig", "CheckRequest", urn=CONFIG, news=news)
    return [failure["reason"] for failure in answer.get("failures", [])]


def test_a_resource_lives_by_the_protocol(engine: Engine):
    checked = engine.of("ImageHistory", "Check", "CheckRequest", news=history())["inputs"]
    created = engine.of("ImageHistory", "Create", "CreateRequest", properties=checked)
    state, id_ = created["properties"], created["id"]
    new = engine.of("ImageHistory", "Check", "CheckRequest", olds=checked, news=history(2))["inputs"]
    same = engine.of("ImageHistory", "Diff", "DiffRequest", id=id_, olds=state, news=checked)
    other = engine.of("ImageHistory", "Diff", "DiffRequest", id=id_, olds=state, news=new)
    updated = engine.of("ImageHistory", "Update", "UpdateRequest", id=id_, olds=state, news=new)["properties"]
    read = engine.of("ImageHistory", "Read", "ReadRequest", id=id_, properties=updated, inputs=new)

    assert id_ == state["history_id"]
    assert state["project_id"] == checked["project_id"]
    assert ("DIFF_NONE", "DIFF_SOME") == (same["changes"], other["changes"])
    assert (2.0, id_) == (updated["keep_images"], updated["history_id"])
    assert (id_, updated, new) == (read["id"], read["properties"], read["inputs"])
    assert {} == engine.of("ImageHistory", "Delete", "DeleteRequest", id=id_, properties=updated)


def test_a_replacement_is_announced(engine: Engine):
    diff = engine.of(
        "ImageHistory", "Diff", "DiffRequest", id="a", olds=history(), news={**history(), "region": "lab-2"}
    )

    assert ["region"] == diff["replaces"]


def test_a_lost_resource_has_no_id(engine: Engine, lab):
    state = {"region": "lab-1", "build_id": "0" * 16, "owner": "0", "project_id": lab.env["HW_PROJECT_ID"]}

    answer = engine.of("CapturedImage", "Read", "ReadRequest", id="gone", properties=state)

    assert "id" not in answer


def test_a_secret_input_stays_one_and_user_data_always_is_one(engine: Engine, lab):
    news = server(lab, user_data="#cloud-config", subnet_id=secret(lab.env["HW_SUBNET_ID"]))

    checked = engine.of("TempServer", "Check", "CheckRequest", news=news)["inputs"]

    assert secret("#cloud-config") == checked["user_data"]
    assert secret(lab.env["HW_SUBNET_ID"]) == checked["subnet_id"]
    assert UNKNOWN == checked["iso_image_id"]
    assert "2.0" in str(checked["flavor_details"])


def test_an_update_that_keeps_an_old_value_keeps_it_secret(engine: Engine):
    kept = {"region": "lab-1", "triggers": secret({"user_data": "digest"})}
    news = {"region": "lab-1", "triggers": {}, "retain_images": True}

    updated = engine.of("BuildIdentity", "Update", "UpdateRequest", id="0" * 16, olds=kept, news=news)

    assert secret({"user_data": "digest"}) == updated["properties"]["triggers"]


def test_faulty_inputs_are_failures_of_their_properties(engine: Engine, lab):
    disk = {"volumetype": "SSD", "size": 10, "siz": 10}
    answer = engine.of("TempServer", "Check", "CheckRequest", news=server(lab, flavor="", nme="x", root_volume=disk))

    reasons = {failure["property"]: failure["reason"] for failure in answer["failures"]}
    assert {"flavor", "nme", "root_volume.siz"} == {*reasons}
    assert "is not a known key; did you mean 'name'?" == reasons["nme"]
    assert "is not a known key; did you mean 'size'?" == reasons["root_volume.siz"]


def test_the_check_of_a_build_names_settings_as_the_program_does(engine: Engine, lab):
    fault = {"severity": "error", "key": "golden.min_disk", "reason": "is wrong"}
    news = {"region": "lab-1", "mode": "off", "builds": [], "faults": [fault]}

    (failure,) = engine.of("Preflight", "Check", "CheckRequest", news=news)["failures"]

    assert "the preflight found 1 problem; the build did not begin:\n  golden.minDisk: is wrong" == failure["reason"]


def test_a_warning_names_settings_as_the_program_does(engine: Engine, lab, monkeypatch):
    seen: list[str] = []
    monkeypatch.setattr(process, "log", lambda text, *_, **__: seen.append(text))
    monkeypatch.setattr(serving, "way", lambda: WAY)
    build = {**build_settings(lab.env, name="golden"), "os_version": "Debian", "image_url": "lab-images:no.iso"}

    engine.of("Preflight", "Check", "CheckRequest", news={**PREFLIGHT, "builds": [build], "mode": "warn"})

    assert [text for text in seen if text.startswith("golden.osVersion: ")]
    assert [] == [text for text in seen if "os_version" in text]


@pytest.mark.parametrize("key", ["builds", "faults", "region"])
def test_a_check_of_values_that_are_not_known_waits_for_them(engine: Engine, key):
    news = {"region": "lab-1", "builds": [], "faults": [], key: UNKNOWN}

    assert [] == engine.of("Preflight", "Check", "CheckRequest", news=news).get("failures", [])


def test_an_error_is_one_sentence(engine: Engine):
    missing = {"region": "lab-1", "server_id": "a", "volume_ids": [], "image_id": "b", "rented_s": 0}

    with pytest.raises(Aborted, match=r"^image b is gone; the temporary server is kept until its image is active; run"):
        engine.of("TempServerTeardown", "Create", "CreateRequest", properties=missing)


def test_an_unknown_resource_is_refused(engine: Engine):
    with pytest.raises(Aborted, match="huaweicloud-image has no resource 'huaweicloud-image:index:Server'; it has"):
        engine.of("Server", "Check", "CheckRequest", news={})


def test_cancel_ends_a_wait(engine: Engine):
    engine.call("Cancel", "CheckRequest")

    assert process.cancelled.is_set()


def test_an_operation_knows_its_resource(engine: Engine, monkeypatch):
    seen = []
    monkeypatch.setattr(process, "log", lambda text, **_: seen.append((process.current_urn(), text)))
    monkeypatch.setattr(serving, "way", lambda: WAY)
    installation = {"region": "lab-1", "build_id": "0" * 16, "server_id": "a", "mode": "interactive"}

    engine.of("OsInstallation", "Check", "CheckRequest", news=installation)

    urn = "urn:pulumi:test::a-program::huaweicloud-image:index:OsInstallation::golden"
    assert [(urn, "a person installs this build: the wait shows the address of its screen")] == seen
    assert "" == process.current_urn()


@pytest.mark.parametrize("how", ["check", "check of builds", "read"])
def test_lists_name_the_enterprise_project_of_a_build(engine: Engine, lab, how):
    region, ours = {"region": "lab-1"}, {"enterprise_project_id": "0"}
    iso = {
        **region,
        "build_id": "0" * 16,
        "name": "a",
        "image_url": "lab-images:no.iso",
        "os_version": "x",
        "min_disk": 1,
        "project_id": lab.env["HW_PROJECT_ID"],
    }
    if how == "check":
        engine.of("IsoImage", "Check", "CheckRequest", news={**iso, **ours})
    elif how == "read":
        engine.of("IsoImage", "Read", "ReadRequest", id="gone", properties={**iso, **ours, "owner": "0"})
    else:
        news = {**region, "builds": [{"name": "a", **ours}], "faults": []}
        engine.of("Preflight", "Check", "CheckRequest", news=news)
    lab.clear_journal()

    clients.cloud("lab-1").ims.list_images()

    (entry,) = [entry for entry in lab.journal() if entry["service"] == "ims"]
    assert "enterprise_project_id=all_granted_eps" in json.dumps(entry)


def test_the_configuration_is_checked_with_suggestions(engine: Engine, monkeypatch):
    assert [] == check_config(engine, region="lab-1", version="0.1.0", servers_at_once="2", regions='{"a": {}}')
    (problem,) = check_config(engine, regoin="lab-1")
    assert "huaweicloud-image:regoin: is not a known key; did you mean 'region'?" == problem
    assert [
        "huaweicloud-image:defaults.imageUrl: is not a known key; did you mean 'image_url'?",
        "huaweicloud-image:defaults.root_volume.volumtype: is not a known key; did you mean 'volumetype'?",
    ] == sorted(check_config(engine, defaults=json.dumps({"imageUrl": "x", "root_volume": {"volumtype": "SSD"}})))
    (problem,) = check_config(engine, servers_at_once="none")
    assert problem.startswith("huaweicloud-image:servers_at_once: must be a whole number")
    assert [
        "huaweicloud-image:ca_bundle: names '/dev/null', which holds no certificate",
        "huaweicloud-image:endpoint: does not contain {service}",
    ] == sorted(
        found.partition(", so that all")[0].partition("; ")[0]
        for found in check_config(engine, ca_bundle="/dev/null", endpoint="https://ims.example.com")
    )


def test_missing_credentials_are_named_by_key_and_variable(engine: Engine, monkeypatch):
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_USER_NAME", "HW_PASSWORD", "HW_DOMAIN_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")

    (problem,) = check_config(engine, region="lab-1")

    assert problem.startswith("huaweicloud-image:credentials: ")
    for name in ("HW_ACCESS_KEY", "huaweicloud-image:access_key", "HW_USER_NAME", "huaweicloud-image:user_name"):
        assert name in problem
    assert [] == check_config(engine, region="lab-1", access_key=UNKNOWN)
    (problem,) = check_config(engine, region="lab-1", access_key="a")
    assert "access_key given, secret_key (HW_SECRET_KEY) missing" in problem
    assert "huaweicloud-image:secret_key" in problem


def test_a_changed_configuration_is_an_update_of_the_provider(engine: Engine):
    for new, changes in (({"region": "a"}, "DIFF_NONE"), ({"region": "b"}, "DIFF_SOME")):
        found = engine.call("DiffConfig", "DiffRequest", urn=CONFIG, olds={"region": "a"}, news=new)
        assert (changes, []) == (found["changes"], found.get("replaces", []))


def test_an_image_is_imported_by_its_id(engine: Engine, lab):
    stack = Stack(lab.env, settings={"tags": {"team": "images"}, "description": "a description"}).up()
    image = stack["image"]

    read = engine.of("CapturedImage", "Read", "ReadRequest", id=image.id)
    checked = engine.of("CapturedImage", "Check", "CheckRequest", olds=read["inputs"], news=read["inputs"])
    news = checked["inputs"]
    diff = engine.of("CapturedImage", "Diff", "DiffRequest", id=image.id, olds=read["properties"], news=news)

    assert image.id == read["id"]
    kept = ("name", "build_id", "volume_id", "tags", "description", "owner")
    assert {key: image.outputs[key] for key in kept} == {key: read["properties"][key] for key in kept}
    assert "DIFF_NONE" == diff["changes"]
    assert {} == engine.of("CapturedImage", "Read", "ReadRequest", id="gone").get("properties", {})
    with pytest.raises(Aborted, match="TempServer a cannot be imported: it belongs to its build; import the"):
        engine.of("TempServer", "Read", "ReadRequest", id="a")


def test_an_image_is_found_by_name_build_or_id(engine: Engine, lab):
    image = Stack(lab.env).up()["image"]

    def get(**args):
        found = engine.call("Invoke", "InvokeRequest", tok="huaweicloud-image:index:getImage", args=args)
        return found["return"]

    by_name = get(name="debian-golden")
    assert image.id == by_name["imageId"]
    assert by_name == get(buildId=image.outputs["build_id"]) == get(imageId=image.id, region="lab-1")
    assert {"active", "lab-1"} <= {*map(str, by_name.values())}
    for args, message in (
        ({"name": "other"}, "there is no finished image with the name 'other' in lab-1"),
        ({}, "getImage: give one of imageId, name, buildId, or family and channel"),
        ({"nme": "x"}, "getImage: nme is not a known key; did you mean 'name'?"),
    ):
        with pytest.raises(Aborted) as error:
            get(**args)
        assert message == str(error.value)
    with pytest.raises(Aborted, match="there is no function 'a:b:c'"):
        engine.call("Invoke", "InvokeRequest", tok="a:b:c", args={})


def test_an_image_is_found_by_its_family_and_channel(engine: Engine, lab):
    publish = {"family": "debian-12", "channel": "stable"}
    image = Stack(lab.env, settings={"publish": publish}).up()["image"]

    def get(**args):
        return engine.call("Invoke", "InvokeRequest", tok="huaweicloud-image:index:getImage", args=args)["return"]

    assert image.id == get(**publish)["imageId"] == get(**publish, region="lab-1")["imageId"]
    for args, message in (
        ({"family": "debian-12"}, "give one of imageId, name, buildId, or family and channel"),
        ({**publish, "name": "debian-golden"}, "give one of imageId, name, buildId, or family and channel"),
        ({**publish, "channel": "next"}, "no image is published in channel next of family debian-12 in lab-1"),
        ({**publish, "channel": "next"}, "family debian-12 has the channels stable"),
        ({**publish, "family": "rocky"}, "no channel of family rocky has an image; there are the families debian-12"),
    ):
        with pytest.raises(Aborted, match=message):
            get(**args)


def test_the_schema_and_the_version_are_those_of_the_package(engine: Engine):
    found = json.loads(engine.call("GetSchema", "GetSchemaRequest")["schema"])

    assert ("huaweicloud-image", "0.1.0") == (found["name"], found["version"])
    assert "0.1.0" == engine.call("GetPluginInfo", "GetSchemaRequest")["version"]
