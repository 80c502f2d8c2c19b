"""Provenance of images: the statement in the state, and its digest as a tag of the image."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.constraints import PROVENANCE_KEY
from plugin.package import VERSION
from providers.provenance import program_version, statement
from providers.provenance.build_facts import BuildFacts, public_url
from providers.provenance.program_version import ProgramVersion
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.provenance_schema import require_valid
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack

BOOTS = "booting: installed from"
TIMES = {"startedOn": "2026-01-31T12:00:00Z", "finishedOn": "2026-01-31T12:30:00Z"}


def tag_of(cloud: CloudView, image_id: str) -> str | None:
    """Return the tag with the digest of an image's statement."""
    image = next(image for image in cloud.images() if image["id"] == image_id)
    tags = dict(tag.partition("=")[::2] for tag in image["tags"])
    return tags.get(PROVENANCE_KEY)


def digest_of(text: str) -> str:
    return statement.tag_value(hashlib.sha256(text.encode()).hexdigest())


def built(**facts: Any) -> str:
    known = {"started_on": TIMES["startedOn"], "iso": "images:debian 12.iso", **facts}
    version = ProgramVersion("0.1.0", "0" * 40, modified=True)
    return statement.build_statement("i-1", "r-1", TIMES["finishedOn"], "b-1", BuildFacts(**known), version)


def test_a_statement_is_an_in_toto_statement_of_slsa_provenance() -> None:
    found = require_valid(built(iso_sha256="ab" * 32, iso_etag="e", iso_size=7, iso_image_id="x"))

    predicate = found["predicate"]
    identity = '{"image_id":"i-1","region":"r-1","service":"ims"}'
    assert hashlib.sha256(identity.encode()).hexdigest() == found["subject"][0]["digest"]["sha256"]
    assert {"invocationId": "b-1", **TIMES} == predicate["runDetails"]["metadata"]
    (iso,) = predicate["buildDefinition"]["resolvedDependencies"]
    assert ("iso", "obs://images/debian%2012.iso", {"sha256": "ab" * 32}) == (iso["name"], iso["uri"], iso["digest"])
    assert {"etag": "e", "size_bytes": 7} == iso["annotations"]
    (program,) = predicate["runDetails"]["builder"]["builderDependencies"]
    assert {"gitCommit": "0" * 40} == program["digest"]
    assert {"modified": True} == program["annotations"]


def test_an_iso_file_without_a_digest_is_only_named() -> None:
    (iso,) = require_valid(built())["predicate"]["buildDefinition"]["resolvedDependencies"]

    assert {"name": "iso", "uri": "obs://images/debian%2012.iso"} == iso


def test_answers_and_the_vendors_file_are_dependencies_of_their_own() -> None:
    text = built(
        iso_sha256="aa" * 32, vendor_iso_sha256="bb" * 32, answers_sha256="cc" * 32, iso_url="https://v.example/d.iso"
    )

    found = {
        entry["name"]: entry for entry in require_valid(text)["predicate"]["buildDefinition"]["resolvedDependencies"]
    }

    assert {"sha256": "bb" * 32} == found["vendor-iso"]["digest"]
    assert {"sha256": "cc" * 32} == found["answers"]["digest"]
    assert "https://v.example/d.iso" == found["vendor-iso"]["downloadLocation"]
    assert "downloadLocation" not in found["iso"]


def test_a_statement_is_canonical() -> None:
    text = built(parameters={"os_version": "Debian GNU/Linux 12 ü", "flavor": "s6"})

    again = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text == again
    assert text == built(parameters={"flavor": "s6", "os_version": "Debian GNU/Linux 12 ü"})


def test_numbers_are_whole_as_in_the_settings() -> None:
    external = require_valid(built(parameters={"min_disk": 10.0, "data_volume": {"size": 40.0}}))["predicate"][
        "buildDefinition"
    ]["externalParameters"]

    assert '{"data_volume":{"size":40},"iso":"images:debian 12.iso","min_disk":10,"region":"r-1"}' == (
        statement.canonical(external)
    )


def test_a_digest_fits_the_value_of_a_tag() -> None:
    for number in range(64):
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        value = statement.tag_value(sha256)

        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
        assert sha256 == statement.digest_of_tag(value)
    assert ["", "", ""] == [statement.digest_of_tag(value) for value in ("", "x", "é" * 43)]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://user:secret@vendor.example:8443/d.iso?token=secret#x", "https://vendor.example:8443/d.iso"),
        ("/home/someone/Downloads/d.iso", None),
        ("~/d.iso", None),
        (None, None),
    ],
)
def test_a_source_is_named_without_a_login_or_a_path(source: str | None, shown: str | None) -> None:
    assert shown == public_url(source)


def test_the_version_is_that_of_the_package() -> None:
    assert VERSION == program_version.VERSION


def test_the_commit_is_that_of_a_clone_only(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_text("1")
    assert ProgramVersion(VERSION) == program_version.program_version(tmp_path)
    program_version.program_version.cache_clear()
    git("init")
    (tmp_path / "Pulumi.lab.yaml").write_text("1")
    git("add", "file", "Pulumi.lab.yaml")
    git("commit", "-m", "first")

    found = program_version.program_version(tmp_path)
    program_version.program_version.cache_clear()
    (tmp_path / "Pulumi.lab.yaml").write_text("2")
    assert found == program_version.program_version(tmp_path)
    program_version.program_version.cache_clear()
    (tmp_path / "file").write_text("2")
    changed = program_version.program_version(tmp_path)

    assert re.fullmatch(r"[0-9a-f]{40}", found.commit)
    assert not found.modified
    assert changed == found._replace(modified=True)
    assert ProgramVersion(VERSION) == program_version.program_version(tmp_path / "inner")
    program_version.program_version.cache_clear()


def test_a_finished_image_has_a_statement_and_the_tag_with_its_digest(stack: Stack, cloud: CloudView) -> None:
    stack.up()

    text = stack["image"]["provenance"]
    found = require_valid(text)
    assert digest_of(text) == tag_of(cloud, stack["image"].id)
    assert stack["image"].id == found["subject"][0]["name"]
    assert stack["identity"].id == found["predicate"]["runDetails"]["metadata"]["invocationId"]
    assert stack["server"]["created_at"] == found["predicate"]["runDetails"]["metadata"]["startedOn"]
    assert [] == stack.repaired()
    assert text == stack["image"]["provenance"]


def test_a_statement_contains_no_secret_and_no_path(stack: Stack) -> None:
    stack.settings = {"user_data": "#cloud-config\npassword: Secret-1234", "verify": {"until": BOOTS}}

    stack.up()

    secrets = [value for key, value in stack.env.items() if key in ("HW_ACCESS_KEY", "HW_SECRET_KEY")]
    text = stack["test"]["provenance"]
    assert secrets
    for known in (statement.TYPE, statement.PREDICATE_TYPE, "obs://lab-images/", "text/plain"):
        text = text.replace(known, "")
    for value in (*secrets, "Secret-1234", "/", str(Path.home())):
        assert value not in text


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", [3, 4])
def test_an_interrupted_build_ends_with_a_tag_that_is_its_digest(
    stack: Stack, lab: RunningLab, cloud: CloudView, phase: Any, number: int
) -> None:
    """The third POST creates the image, the fourth one gives it the tag."""
    with crash_at(number, phase, "POST"):
        stack.up()
    lab.wait_for_jobs()

    stack.up()

    require_valid(stack["image"]["provenance"])
    assert digest_of(stack["image"]["provenance"]) == tag_of(cloud, stack["image"].id)


def test_a_run_that_dies_after_the_tag_makes_the_same_bytes_again(stack: Stack, cloud: CloudView) -> None:
    stack.up()
    first = stack["image"]["provenance"]
    del stack.state["image"]  # the run has died before the state recorded it
    new_process()

    stack.up()

    assert first == stack["image"]["provenance"]
    assert digest_of(first) == tag_of(cloud, stack["image"].id)


def test_a_test_completes_the_statement(stack: Stack, cloud: CloudView) -> None:
    stack.settings = {"verify": {"until": BOOTS}}

    stack.up()

    text = stack["test"]["provenance"]
    details = require_valid(text)["predicate"]["runDetails"]
    (evidence,) = (Path(file) for file in stack["test"]["evidence"])
    assert digest_of(text) == tag_of(cloud, stack["image"].id)
    assert ("passed", BOOTS) == (details[statement.VERIFICATION]["result"], details[statement.VERIFICATION]["until"])
    (byproduct,) = details["byproducts"]
    assert evidence.name == byproduct["name"]
    assert hashlib.sha256(evidence.read_bytes()).hexdigest() == byproduct["digest"]["sha256"]
    assert [] == stack.repaired()


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_interrupted_test_ends_with_a_tag_that_is_its_digest(
    stack: Stack, lab: RunningLab, cloud: CloudView, phase: Any, number: int
) -> None:
    stack.up()
    stack.settings = {"verify": {"until": BOOTS}}
    with crash_at(number, phase, "POST"):
        stack.up()
    lab.wait_for_jobs()

    stack.up()

    assert digest_of(stack["test"]["provenance"]) == tag_of(cloud, stack["image"].id)


def test_the_tag_of_a_test_that_is_removed_is_that_of_the_build(stack: Stack, cloud: CloudView) -> None:
    stack.settings = {"verify": {"until": BOOTS}}
    stack.up()
    stack.settings = {}

    stack.up()

    assert digest_of(stack["image"]["provenance"]) == tag_of(cloud, stack["image"].id)
    assert [] == stack.repaired()


@pytest.mark.parametrize("other", [None, "other"])
def test_a_tag_that_is_lost_is_restored_after_a_refresh(stack: Stack, cloud: CloudView, other: str | None) -> None:
    stack.up()
    expected = tag_of(cloud, stack["image"].id)
    if other is None:
        cloud.remove_tag(stack["image"].id, PROVENANCE_KEY)
    else:
        cloud.set_tags(stack["image"].id, **{PROVENANCE_KEY: other})

    assert ["update image"] == stack.repaired()
    assert expected == tag_of(cloud, stack["image"].id)
    assert [] == stack.repaired()


def test_an_image_with_ten_tags_has_a_statement_but_not_this_tag(
    stack: Stack, cloud: CloudView, messages: list[str]
) -> None:
    stack.settings = {"tags": {f"key{number}": "x" for number in range(9)}}

    stack.up()

    assert tag_of(cloud, stack["image"].id) is None
    require_valid(stack["image"]["provenance"])
    assert any("has 10 tags, so it is not given the tag image-provenance" in message for message in messages)
    assert [] == stack.repaired()


def test_an_update_of_tags_leaves_the_tag(stack: Stack, cloud: CloudView) -> None:
    stack.up()
    expected = tag_of(cloud, stack["image"].id)
    stack.settings = {"tags": {"team": "x"}}

    stack.up()

    assert expected == tag_of(cloud, stack["image"].id)


def test_an_image_that_a_stack_returns_to_keeps_its_tag(stack: Stack, cloud: CloudView) -> None:
    stack.settings = {"keep_images": 1}
    stack.up()
    build_id, image_id = stack["identity"].id, stack["image"].id
    expected = tag_of(cloud, image_id)
    stack.settings["rebuild"] = "2"
    stack.up()
    stack.settings["use_build"] = build_id

    stack.up()

    assert image_id == stack["image"].id
    assert expected == tag_of(cloud, image_id)
    assert "provenance" not in stack["image"].outputs


def test_the_key_of_the_tag_is_reserved(stack: Stack) -> None:
    stack.settings = {"tags": {"Image-Provenance": "x"}}

    with pytest.raises(ValueError, match="reserved for the digest of the provenance"):
        stack.up()
