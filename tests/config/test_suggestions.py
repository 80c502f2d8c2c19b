"""Suggestions for misspelt keys: similar ones only."""

import pytest

from config.builds.build_settings import BuildSettings
from config.stack_model import KEYS
from config.suggestions import close_keys, shown_key, unknown_key

SETTINGS = tuple(BuildSettings.model_fields)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("imagename", "image_name"),
        ("imageName", "image_name"),
        ("image-name", "image_name"),
        ("image_nmae", "image_name"),
        ("flavour", "flavor"),
        ("availabilty_zone", "availability_zone"),
        ("subnetid", "subnet_id"),
        ("secuirty_group_ids", "security_group_ids"),
        ("root_volumes", "root_volume"),
        ("data_volume", "data_volumes"),
        ("vp_id", "vpc_id"),
        ("osversion", "os_version"),
        ("keep_image", "keep_images"),
        ("tag", "tags"),
        ("firmware_type", "hw_firmware_type"),
        ("enterprise_project", "enterprise_project_id"),
        ("vpc", "vpc_id"),
    ],
)
def test_a_close_key_is_suggested(written, meant):
    assert [meant] == close_keys(written, SETTINGS)
    assert f"did you mean '{meant}'?" in unknown_key(written, SETTINGS)


@pytest.mark.parametrize(
    "written",
    [
        *("cmk_id", "kms_key_id", "eip_id", "max_disk", "min_cpu", "id", "x", "", "foo", "size", "ttl"),
        *("owner", "bios", "swap", "labels", "publicip", "disk_encryption", "x" * 5000, "_", "ids"),
    ],
)
def test_nothing_is_suggested_that_is_only_similar(written):
    assert [] == close_keys(written, SETTINGS)


def test_without_a_close_key_all_are_named():
    assert "cmk" not in unknown_key("cmk_id", SETTINGS)
    assert "vpc_id" in unknown_key("cmk_id", SETTINGS)
    assert "did you mean" not in unknown_key("cmk_id", SETTINGS)


@pytest.mark.parametrize(("written", "meant"), [("regoin", "region"), ("buids", "builds"), ("endpionts", "endpoints")])
def test_the_keys_of_a_stack_are_suggested_as_well(written, meant):
    assert [meant] == close_keys(written, KEYS)


def test_a_key_is_shown_on_one_line():
    assert "a?b" == shown_key("a\nb")
    assert 64 == len(shown_key("x" * 500))
    assert "\x1b" not in shown_key("\x1b[31mred")
