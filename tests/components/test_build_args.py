"""Arguments of the component: values, outputs, secrets and defaults, and all problems of them in one message."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.build_args import IsoImageBuildArgs, VolumeArgs
from components.iso_image_build import IsoImageBuild
from config.builds.build_settings import BuildSettings
from tests.components.declared_builds import SETTINGS, build, later, problems
from tests.components.programs import is_secret, run

pytestmark = pytest.mark.usefixtures("_environment")


def unknown() -> pulumi.Output[Any]:
    async def value() -> Any:
        return None

    async def no() -> bool:
        return False

    return pulumi.Output(set(), value(), no(), no())


def test_the_arguments_are_the_settings_of_a_build():
    assert {*IsoImageBuildArgs.__annotations__} == {*BuildSettings.model_fields} - {"name"}


def _without_import(inputs):
    """Return inputs without the id of the ISO image, also among the facts for the provenance."""
    facts = {key: value for key, value in inputs.get("build_facts", {}).items() if key != "iso_image_id"}
    return {**{key: value for key, value in inputs.items() if key != "iso_image_id"}, "build_facts": facts}


def test_plain_values_and_outputs_lead_to_the_same_inputs():
    plain = run(build)
    outputs = run(lambda: IsoImageBuild("golden", {key: later(value) for key, value in SETTINGS.items()}))

    for kind in ("BuildIdentity", "TempServer", "OsInstallation", "CapturedImage"):
        found = outputs.named(kind)["golden"]
        # their import is not shared, so it has another name
        assert _without_import(plain.named(kind)["golden"]) == _without_import(found)


def test_an_output_within_a_value_is_passed_on():
    recorder = run(
        lambda: build(
            security_group_ids=[later("group-1"), "group-2"],
            data_volumes=[VolumeArgs(volumetype="SSD", size=later(20))],
            tags={"team": later("images")},
            installation={"timeout_minutes": later(30)},
        )
    )

    server, image = recorder.named("TempServer")["golden"], recorder.named("CapturedImage")["golden"]
    assert ["group-1", "group-2"] == server["security_group_ids"]
    assert [{"volumetype": "SSD", "size": 20}] == server["data_volumes"]
    assert {"team": "images"} == server["tags"] == image["tags"]
    assert 30 == recorder.named("OsInstallation")["golden"]["timeout_minutes"]
    assert 20 == recorder.named("BuildIdentity")["golden"]["triggers"]["data_disk"]


def test_all_problems_of_plain_values_are_in_one_message():
    message = problems(
        lambda: build(
            flavour="s6.large.2",
            os_version=None,
            vpc_id=later("vpc-1"),
            root_volume={"volumetype": "floppy", "size": later(10)},
            retain_image=later(True),
            min_disk="10",
        )
    )

    assert message.startswith("build golden has 5 problems:\n")
    assert "golden.flavour: is not a known key; did you mean 'flavor'?" in message
    assert "golden.os_version: is missing" in message
    assert "golden.root_volume.volumetype: should be 'SATA'" in message
    assert "golden.retain_image: must be a plain value" in message
    assert "golden.min_disk: must be a whole number (integer), without quotes" in message


def test_one_problem_is_one_sentence():
    assert "golden.min_ram: should be greater than or equal to 0 (it is -1)" == problems(lambda: build(min_ram=-1))


def test_problems_of_the_configuration_are_reported_with_those_of_the_build():
    config = {"huaweicloud-image:servers": "2", "huaweicloud-image:preflight": "on"}

    message = problems(lambda: build(min_ram=-1), config)

    assert "golden.min_ram: " in message
    assert "huaweicloud-image:servers: is not a known key" in message
    assert "huaweicloud-image:preflight: should be 'off', 'warn' or 'enforce'" in message


def test_unknown_settings_are_named_where_they_are_with_what_was_meant():
    nested: dict[str, Any] = {
        "root_volume": {"volumtype": "SSD", "size": 10},
        "installation": {"timeoutMinutes": 5},
        "nme": "x",
    }
    config = {"huaweicloud-image:defaults": json.dumps({"flavour": "x", "installation": {"mod": "interactive"}})}

    message = problems(lambda: build(**nested), config)

    for line in (
        "golden.root_volume.volumtype: is not a known key; did you mean 'volumetype'?",
        "golden.installation.timeoutMinutes: is not a known key; did you mean 'timeout_minutes'?",
        "huaweicloud-image:defaults.flavour: is not a known key; did you mean 'flavor'?",
        "huaweicloud-image:defaults.installation.mod: is not a known key; did you mean 'mode'?",
    ):
        assert line in message
    assert "golden.nme: is not a known key; the known ones are" in message  # the name is that of the resource
    assert " name," not in message
    assert "golden.flavour" not in message


def test_a_region_is_required(monkeypatch):
    monkeypatch.delenv("HW_REGION_NAME")

    assert "golden.region: is missing; set it, huaweicloud-image:region, or HW_REGION_NAME" in problems(build)


def test_a_late_value_that_is_wrong_is_a_problem_of_the_preflight():
    recorder = run(lambda: build(min_disk=later(40), image_name=later("a<b")))

    faults = recorder.named("Preflight")["golden"]["faults"]
    assert ["golden.image_name", "golden.root_volume", "golden.data_volumes"] == [fault["key"] for fault in faults]
    assert [] == recorder.named("Preflight")["golden"]["builds"]


def test_a_late_value_is_validated_even_if_the_preflight_is_off():
    config = {"huaweicloud-image:preflight": "off"}

    assert {} == run(build, config).named("Preflight")
    assert "off" == run(lambda: build(flavor=later("")), config).named("Preflight")["golden"]["mode"]


def test_a_faulty_secret_is_not_shown():
    recorder = run(lambda: build(os_version=pulumi.Output.secret("secret\nversion"), description=later("a<b")))

    (faults,) = [recorder.named("Preflight")["golden"]["faults"]]
    assert is_secret(faults)
    assert "secret\nversion" not in json.dumps(faults)


def test_secrets_stay_secret_and_nothing_else_becomes_one():
    recorder = run(lambda: build(vpc_id=pulumi.Output.secret("vpc-1"), subnet_id=later("subnet-1")))

    server = recorder.named("TempServer")["golden"]
    assert is_secret(server["vpc_id"])
    assert "subnet-1" == server["subnet_id"]
    assert is_secret(recorder.named("Preflight")["golden"]["builds"])
    assert is_secret(run(lambda: build(user_data="#cloud-config")).named("TempServer")["golden"]["user_data"])


def test_a_value_that_a_preview_does_not_know_is_unknown_to_its_step_only():
    recorder = run(lambda: build(vpc_id=unknown()), preview=True)

    server = recorder.named("TempServer")["golden"]
    assert ("s6.large.2", "subnet-1") == (server["flavor"], server["subnet_id"])
    assert "vpc-1" != server.get("vpc_id")


def test_problems_of_answers_are_those_of_the_build(tmp_path: Path):
    (tmp_path / "debian.iso").write_bytes(b"content")
    upload: dict[str, Any] = {"image_url": None, "iso": str(tmp_path / "debian.iso"), "iso_bucket": "isos"}
    user = {"name": "image-admin", "password_hash": "opensesame"}
    faulty = problems(lambda: build(**upload, answers={"profile": "debian", "values": {"user": user}}))
    values = {"time_zone": "UTC"}
    open_ = problems(lambda: build(**upload, answers={"profile": "debian", "values": {**values, "user": later(user)}}))

    assert "golden.answers.values.user.password_hash: must be a hash" in faulty
    assert "opensesame" not in faulty
    assert open_.startswith("golden.answers: must be a plain value")


def test_settings_that_name_an_upload_are_plain():
    message = problems(lambda: build(image_url=None, iso=later("debian.iso"), iso_bucket=later("isos")))

    assert "golden.iso: must be a plain value" in message
    assert "golden.iso_bucket: must be a plain value" in message
    assert message.startswith("build golden has 2 problems")


def test_builds_that_pin_different_digests_of_one_file_are_refused():
    message = problems(lambda: [build(), build("second", iso_sha256="0" * 64)])

    assert message.startswith("second.iso_sha256: is not that of build 'golden', which uses the same ISO file")


def test_defaults_of_the_configuration_are_shared():
    defaults = {**SETTINGS, "region": "lab-2", "tags": {"team": "images"}}
    config = {
        "huaweicloud-image:defaults": json.dumps(defaults),
        "a-program:region": "another",
        "a-program:flavor": "x",
    }

    recorder = run(lambda: IsoImageBuild("golden", {"tags": {"team": "mine"}}), config)

    server = recorder.named("TempServer")["golden"]
    assert ("lab-2", {"team": "mine"}) == (server["region"], server["tags"])


def test_a_test_must_be_a_plain_value():
    assert "golden.verify: must be a plain value" in problems(lambda: build(verify=later({"until": "login:"})))


def test_publication_must_be_a_plain_value():
    faulty = problems(lambda: build(publish={"family": "debian-12", "channel": later("stable")}))

    assert "golden.publish: must be a plain value" in faulty
