"""Steps that the component declares: shared imports and uploads, their order and turns, and their provider."""

import hashlib
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.iso_image_build import IsoImageBuild
from tests.components.declared_builds import SETTINGS, build, later
from tests.components.programs import Recorder, run
from tests.config.answers.profiles.test_profile_values import HASH

pytestmark = pytest.mark.usefixtures("_environment")


def order(recorder: Recorder, *kinds: str) -> list[tuple[str, str]]:
    return [(kind, name) for kind, name, _ in recorder.registered if kind in kinds]


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
    user = {"name": "image-admin", "password_hash": HASH}
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


def test_everything_waits_for_the_preflight():
    recorder = run(build)

    kinds = [kind for kind, _, _ in recorder.registered if kind != "IsoImageBuild"]
    assert "Preflight" == kinds[1]  # the provider comes first


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


def test_each_copy_is_published_in_its_own_region_after_all_steps():
    copies = [{"region": "lab-2", "agency": "ims-copy"}]
    recorder = run(lambda: build(publish={"family": "debian-12", "channel": "stable", "copies": copies}))

    inputs = recorder.named("ImagePublication")
    assert {"golden": "lab-1", "golden-lab-2": "lab-2"} == {name: found["region"] for name, found in inputs.items()}
    assert {("debian-12", "stable")} == {(found["family"], found["channel"]) for found in inputs.values()}
    assert {"golden-id", "golden-lab-2-id"} == {found["image_id"] for found in inputs.values()}
    registered = [kind for kind, _, _ in recorder.registered]
    assert registered.index("ImageCopy") < registered.index("ImagePublication")
