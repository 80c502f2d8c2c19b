"""The component in a program of its user's: outputs as values, all problems at once, shared imports and turns."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.build_args import IsoImageBuildArgs, VolumeArgs
from components.iso_image_build import IsoImageBuild
from components.program import FaultyBuild
from config.builds.build_settings import BuildSettings
from tests.components.programs import Recorder, is_secret, run
from tests.config.answers.profiles.test_profile_values import HASH
from tests.e2e.project import build_settings

ENVIRONMENT = {"HW_AVAILABILITY_ZONE": "zone-1", "HW_VPC_ID": "vpc-1", "HW_SUBNET_ID": "subnet-1"}
SETTINGS = build_settings(ENVIRONMENT, name=None)


def later(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value)


def unknown() -> pulumi.Output[Any]:
    async def value() -> Any:
        return None

    async def no() -> bool:
        return False

    return pulumi.Output(set(), value(), no(), no())


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_REGION_NAME", "lab-1")
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY"):
        monkeypatch.setenv(name, "made-up")


def build(name: str = "golden", **changes: Any) -> IsoImageBuild:
    return IsoImageBuild(name, {**SETTINGS, **changes})


def problems(program: Callable[[], Any], config: Mapping[str, str] | None = None) -> str:
    with pytest.raises(FaultyBuild) as error:
        run(program, config)
    return str(error.value)


def order(recorder: Recorder, *kinds: str) -> list[tuple[str, str]]:
    return [(kind, name) for kind, name, _ in recorder.registered if kind in kinds]


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


def test_builds_of_one_iso_file_share_its_import():
    recorder = run(lambda: [build(), build("second", image_name="second", vpc_id=later("vpc-1"))])

    (name,) = recorder.named("IsoImage")
    images = {server["iso_image_id"] for server in recorder.named("TempServer").values()}
    assert {f"IsoImage of {name}"} == images


def test_builds_whose_file_is_known_later_do_not_collide():
    url = SETTINGS["image_url"]
    recorder = run(lambda: [build(image_url=later(url)), build("second", image_url=later(url)), build("third")])

    assert 3 == len(recorder.named("IsoImage"))
    assert {"golden", "second"} < {*recorder.named("IsoImage")}


def test_builds_of_one_upload_share_it_and_wait_for_it(tmp_path: Path):
    (tmp_path / "debian.iso").write_bytes(b"content")
    upload: dict[str, Any] = {
        "image_url": None,
        "iso": str(tmp_path / "debian.iso"),
        "iso_bucket": "isos",
        "keep_iso_object": True,
    }

    recorder = run(lambda: [build(**upload), build("second", **upload, vpc_id=later("vpc-1"))])

    ((name, inputs),) = recorder.named("IsoObject").items()
    digest = hashlib.sha256(b"content").hexdigest()
    assert f"isos-{digest[:16]}" == name
    assert (f"isos:iso/{digest}.iso", digest, True) == tuple(
        inputs[key] for key in ("image_url", "sha256", "keep_iso_object")
    )
    assert [f"{name}-id"] == [image["image_url"] for image in recorder.named("IsoImage").values()]
    kinds = [kind for kind, _ in order(recorder, "Preflight", "IsoObject", "IsoImage")]
    assert kinds.index("Preflight") < kinds.index("IsoObject") < kinds.index("IsoImage")


def test_answers_reach_the_resources_as_digests_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "debian.iso").write_bytes(b"content")
    user = {"name": "admin", "password_hash": HASH}
    upload: dict[str, Any] = {"image_url": None, "iso": str(tmp_path / "debian.iso"), "iso_bucket": "isos"}
    upload["answers"] = {"profile": "debian", "values": {"user": user}}

    recorder = run(lambda: build(**upload, max_age_days=later(30)))

    (iso,) = recorder.named("IsoObject").values()
    identity, image = recorder.named("BuildIdentity")["golden"], *recorder.named("IsoImage").values()
    digest = hashlib.sha256(b"content").hexdigest()
    assert {"iso": digest, "answers": iso["answers"]["sha256"]} == identity["made_of"]
    assert (digest, "preseed", "profile debian") == (iso["sha256"], iso["answers"]["kind"], iso["answers"]["name"])
    assert 30 == identity["max_age_days"]
    assert "iso_sha256" not in image  # the vendor's digest is not that of the copy
    assert HASH not in str(recorder.registered)
    (stored,) = (tmp_path / "cache").rglob(iso["answers"]["sha256"])
    assert HASH in stored.read_text()


def test_builds_without_the_new_settings_have_the_inputs_that_they_always_had():
    recorder = run(build)

    for inputs in recorder.named("BuildIdentity").values():
        assert {"made_of", "max_age_days", "answers"}.isdisjoint(key for key, value in inputs.items() if value)
    assert "answers" not in str(recorder.registered)


def test_problems_of_answers_are_those_of_the_build(tmp_path: Path):
    (tmp_path / "debian.iso").write_bytes(b"content")
    upload: dict[str, Any] = {"image_url": None, "iso": str(tmp_path / "debian.iso"), "iso_bucket": "isos"}
    user = {"name": "admin", "password_hash": "opensesame"}
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


def test_everything_waits_for_the_preflight():
    recorder = run(build)

    kinds = [kind for kind, _, _ in recorder.registered if kind != "IsoImageBuild"]
    assert "Preflight" == kinds[1]  # the provider comes first


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


def test_builds_take_turns_where_a_limit_holds():
    builds = lambda: [build(), build("second", image_name="second"), build("third", region="lab-2")]  # noqa: E731

    recorder = run(builds, {"huaweicloud-image:servers_at_once": "1"})

    ended = order(recorder, "TempServerTeardown", "TempServer")
    assert ended.index(("TempServerTeardown", "golden")) < ended.index(("TempServer", "second"))
    assert ended.index(("TempServer", "third")) < ended.index(("TempServer", "second"))
    assert 1 == recorder.named("Preflight")["golden"]["servers_at_once"]  # which policies read


def test_a_build_that_keeps_images_has_a_history():
    recorder = run(lambda: [build(keep_images=2), build("second", keep_images=later(1)), build("third")])

    assert {"golden", "second"} == {*recorder.named("ImageHistory")}
    assert "second-id" == recorder.named("CapturedImage")["second"]["history_id"]


def test_the_provider_signs_in_by_the_configuration_of_the_package_only():
    config = {"huaweicloud-image:region": "lab-3", "huaweicloud-image:project_name": "ours", "a-program:region": "x"}
    config["huaweicloud-image:polls_per_second"] = "4"

    recorder = run(build, config)

    props = recorder.named("pulumi-python")["huaweicloud"]
    limits = {"a-program:polls_per_second": "4"}
    assert {"a-program:region": "lab-3", "a-program:project_name": "ours", **limits} == props


def test_a_provider_of_the_program_is_used():
    def program() -> None:
        provider = pulumi.ProviderResource("pulumi-python", "mine", {})
        IsoImageBuild("golden", SETTINGS, pulumi.ResourceOptions(providers=[provider]))
        IsoImageBuild("second", SETTINGS)

    recorder = run(program)

    assert {"mine", "huaweicloud"} == {*recorder.named("pulumi-python")}
    # imports of different accounts are not shared
    assert 2 == len(recorder.named("IsoImage"))


def test_a_test_of_the_image_follows_the_end_of_the_temporary_server():
    recorder = run(lambda: build(verify={"until": "login:", "flavor": "s6.small.1"}, share_with=["0" * 32]))

    inputs = recorder.named("ImageVerification")["golden"]
    disk = SETTINGS["data_volumes"][0]
    assert ("login:", "s6.small.1", ["0" * 32]) == (inputs["until"], inputs["flavor"], inputs["share_with"])
    assert {"volumetype": disk["volumetype"], "size": disk["size"]} == inputs["root_volume"]
    assert [] == recorder.named("CapturedImage")["golden"].get("share_with", [])
    assert ["golden"] == [*recorder.named("VerificationTeardown")]


def test_a_build_without_a_test_has_the_steps_that_it_always_had():
    recorder = run(build)

    assert {} == recorder.named("ImageVerification")
    assert {} == recorder.named("VerificationTeardown")


def test_a_test_must_be_a_plain_value():
    assert "golden.verify: must be a plain value" in problems(lambda: build(verify=later({"until": "login:"})))


def test_publication_is_the_last_step():
    publish = {"family": "debian-12", "channel": "stable"}
    recorder = run(lambda: [build(publish=publish), build("second", publish=publish, verify={"until": "login:"})])

    inputs = recorder.named("ImagePublication")
    assert {"golden", "second"} == {*inputs}
    assert publish == {key: inputs["golden"][key] for key in publish}
    kinds = ("ImagePublication", "TempServerTeardown", "VerificationTeardown")
    last = {name: kind for kind, name in order(recorder, *kinds)}
    assert {"golden": "ImagePublication", "second": "ImagePublication"} == last


def test_a_build_that_is_not_published_declares_no_publication():
    assert {} == run(build).named("ImagePublication")


def test_publication_must_be_a_plain_value():
    faulty = problems(lambda: build(publish={"family": "debian-12", "channel": later("stable")}))

    assert "golden.publish: must be a plain value" in faulty


def test_each_copy_is_published_in_its_own_region_after_all_steps():
    copies = [{"region": "lab-2", "agency": "ims-copy"}]
    recorder = run(lambda: build(publish={"family": "debian-12", "channel": "stable", "copies": copies}))

    inputs = recorder.named("ImagePublication")
    assert {"golden": "lab-1", "golden-lab-2": "lab-2"} == {name: found["region"] for name, found in inputs.items()}
    assert {("debian-12", "stable")} == {(found["family"], found["channel"]) for found in inputs.values()}
    assert {"golden-id", "golden-lab-2-id"} == {found["image_id"] for found in inputs.values()}
    registered = [kind for kind, _, _ in recorder.registered]
    assert registered.index("ImageCopy") < registered.index("ImagePublication")
