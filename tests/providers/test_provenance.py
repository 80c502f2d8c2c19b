"""Provenance of images: the statement in the state, and its digest as a tag of the image."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from config.constraints import PROVENANCE_KEY
from providers.provenance import statement
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.provenance_schema import require_valid
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack
from tests.providers.verifications import BOOTS


def tag_of(cloud: CloudView, image_id: str) -> str | None:
    """Return the tag with the digest of an image's statement."""
    image = next(image for image in cloud.images() if image["id"] == image_id)
    tags = dict(tag.partition("=")[::2] for tag in image["tags"])
    return tags.get(PROVENANCE_KEY)


def digest_of(text: str) -> str:
    return statement.tag_value(hashlib.sha256(text.encode()).hexdigest())


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
