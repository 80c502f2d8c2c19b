"""Each rule for single resources: accepted inputs, violations and their messages."""

from typing import Any

import pytest

from policy.rule import (
    CapturedImage,
    ImageVerification,
    IsoImage,
    OsInstallation,
    Rule,
    TempServer,
    explanation,
    limits_of,
    message,
)
from policy.rules import ALL
from tests.policy.stack_resources import INPUTS, SERVER

RULES = {rule.id: rule for rule in ALL if isinstance(rule, Rule)}
LONG = "x" * 200


def violations(rule_id: str, kind: str, changes: dict[str, Any], **limits: Any) -> list[str]:
    rule = RULES[rule_id]
    assert kind in rule.kinds
    return list(rule.evaluate({**INPUTS[kind], **changes}, limits_of(rule, limits)))


def details(**changes: Any) -> dict[str, Any]:
    return {"flavor_details": {**SERVER["flavor_details"], **changes}}


def source(**changes: Any) -> dict[str, Any]:
    return {"source_details": {**INPUTS[IsoImage]["source_details"], **changes}}


def disks(root: Any = None, data: Any = None) -> dict[str, Any]:
    found = {"root_volume": root, "data_volumes": data}
    return {key: value for key, value in found.items() if value is not None}


def ssd(size: float) -> dict[str, Any]:
    return {"volumetype": "SSD", "size": size}


REFUSED = [
    ("server-flavor-vcpus", TempServer, details(vcpus=1.0), {}, ["'s6.large.2'", "1 vCPU,", "exactly 2"]),
    ("server-flavor-vcpus", TempServer, details(vcpus=4.0), {}, ["4 vCPUs"]),
    ("server-flavor-vcpus", TempServer, details(vcpus=8.0), {"allowed": [2.0, 4.0]}, ["8 vCPUs", "2 or 4"]),
    ("server-flavor-memory", TempServer, details(ram_mib=2048.0), {}, ["2048 MiB", "at least 4096"]),
    ("server-flavor-memory", TempServer, {}, {"min_ram_mib": 8192.0}, ["4096 MiB", "at least 8192"]),
    ("server-flavor-general-computing", TempServer, details(performance_type="computingv3"), {}, ["computingv3"]),
    ("server-flavor-kvm", TempServer, details(virtualization="XEN"), {}, ["XEN", "KVM"]),
    ("server-flavor-on-sale", TempServer, details(status="sellout"), {}, ["sellout", "normal"]),
    ("server-flavor-on-sale", TempServer, details(status="abandon"), {}, ["abandon"]),
    ("server-flavor-architecture", TempServer, details(architecture="arm"), {}, ["arm", "x86"]),
    ("server-flavor-allowed", TempServer, {}, {"allowed": ["s7.large.2"]}, ["'s6.large.2'", "s7.large.2"]),
    ("server-flavor-on-sale", ImageVerification, details(status="sellout"), {}, ["sellout", "normal"]),
    ("server-flavor-allowed", ImageVerification, {"flavor": "s6.small.1"}, {"allowed": ["s6.large.2"]}, ["s6.small.1"]),
    ("server-one-system-one-data-disk", TempServer, disks(data=[]), {}, ["0 data disks", "exactly 1"]),
    ("server-one-system-one-data-disk", TempServer, disks(data=[ssd(20), ssd(20)]), {}, ["2 data disks"]),
    ("server-one-system-one-data-disk", TempServer, disks(root={}), {}, ["root_volume is missing"]),
    ("server-system-disk-size", TempServer, disks(root=ssd(5.0)), {}, ["root_volume.size is 5 GiB", "10 to 1024"]),
    ("server-system-disk-size", TempServer, disks(root=ssd(2048.0)), {}, ["2048 GiB"]),
    ("server-system-disk-size", TempServer, disks(root=ssd(80.0)), {"max_gib": 40.0}, ["80 GiB", "10 to 40"]),
    ("server-data-disk-size", TempServer, disks(data=[ssd(9.0)]), {}, ["data_volumes[0].size is 9 GiB"]),
    ("server-data-disk-size", TempServer, disks(data=[ssd(20.0)]), {"min_gib": 40.0}, ["20 GiB", "40 to 1024"]),
    ("server-data-disk-size", TempServer, disks(data=[ssd(200.0)]), {"max_gib": 100.0}, ["200 GiB", "100 GiB"]),
    ("server-volume-types", TempServer, disks(root={"volumetype": "SATA", "size": 10}), {}, ["sold out", "SAS, SSD"]),
    ("server-volume-types", TempServer, disks(data=[{"volumetype": "ESSD", "size": 20}]), {}, ["is not offered"]),
    ("server-volume-types", TempServer, disks(data=[{"volumetype": "GPSSD2", "size": 20}]), {}, ["requires iops"]),
    (
        "server-volume-types",
        TempServer,
        disks(data=[{**ssd(20), "volumetype": "SAS"}]),
        {"allowed": ["SAS"]},
        ["'SSD'"],
    ),
    ("server-no-public-address", TempServer, {"publicip": {"id": "an-address"}}, {}, ["publicip", "none"]),
    ("server-security-groups", TempServer, {"security_group_ids": []}, {"required": True}, ["empty", "at least 1"]),
    ("server-security-groups", TempServer, {"security_group_ids": ["a", "a"]}, {}, ["a", "more than once"]),
    ("server-security-groups", TempServer, {}, {"allowed": ["b-group"]}, ["'a-group'", "b-group"]),
    ("server-user-data-size", TempServer, {"user_data": "x" * 32769}, {}, ["32769 bytes", "32768"]),
    ("server-user-data-size", TempServer, {"user_data": "\u00e9" * 9}, {"max_bytes": 17.0}, ["18 bytes", "17"]),
    ("server-name", TempServer, {"name": "a name"}, {}, ["'a name'", "1 to 64"]),
    ("installation-time", OsInstallation, {"timeout_minutes": 721.0}, {}, ["721", "720"]),
    ("installation-time", OsInstallation, {}, {"max_minutes": 60.0}, ["120", "60"]),
    ("iso-object-name", IsoImage, {"image_url": "images:debian.img"}, {}, ["images:debian.img", ".iso"]),
    ("iso-bucket-region", IsoImage, source(bucket_region="cn-north-1"), {}, ["cn-north-1", "lab-1"]),
    ("iso-size", IsoImage, source(size_bytes=129.0 * 1024**3), {}, ["129.0 GiB", "128 GiB"]),
    ("iso-size", IsoImage, {}, {"max_gib": 0.5}, ["700 MiB", "0.5 GiB"]),
    ("iso-storage-class", IsoImage, source(storage_class="COLD"), {}, ["COLD", "STANDARD"]),
    ("iso-disc-image", IsoImage, source(formats=[], boots=[]), {}, ["neither an ISO 9660 nor a UDF"]),
    ("iso-disc-image", IsoImage, source(damage="is truncated: 20 of 69 MiB"), {}, ["20 of 69 MiB"]),
    ("iso-bootable", IsoImage, source(boots=[]), {}, ["no boot record"]),
    ("iso-boot-mode", IsoImage, source(boots=["uefi"]), {}, ["bios", "uefi only"]),
    ("iso-boot-mode", IsoImage, {"hw_firmware_type": "uefi", **source(boots=["bios"])}, {}, ["uefi", "bios only"]),
    ("iso-arm-boots-by-uefi", IsoImage, {"architecture": "arm", "hw_firmware_type": "bios"}, {}, ["arm", "uefi"]),
    ("iso-min-disk", IsoImage, {"min_disk": 1025.0}, {}, ["1025 GiB", "1 to 1024"]),
    ("iso-min-disk", IsoImage, {}, {"min_gib": 40.0}, ["10 GiB", "40 to 1024"]),
    ("image-name", IsoImage, {"name": "a/b"}, {}, ["'a/b'", "letters"]),
    ("image-name", CapturedImage, {"name": LONG}, {}, ["1 to 128"]),
    ("image-name", CapturedImage, {"name": " a"}, {}, ["space"]),
    ("image-description", CapturedImage, {"description": "<b>"}, {}, ["'<'"]),
    (
        "image-os-version",
        CapturedImage,
        {"os_version": "Debian 12", "os_version_details": {"known": False, "nearest": ["Debian GNU/Linux"]}},
        {},
        ["'Debian 12'", "'Debian GNU/Linux'"],
    ),
    ("image-min-ram", CapturedImage, {"min_ram": -1.0}, {}, ["-1 MiB"]),
    ("image-min-ram", CapturedImage, {"min_ram": 0.5}, {}, ["0.5 MiB", "whole numbers"]),
    ("image-min-ram", CapturedImage, {"min_ram": 8192.0}, {"max_mib": 4096.0}, ["8192 MiB", "4096"]),
    ("image-sharing", CapturedImage, {"share_with": ["p2"]}, {}, ["'p2'", "none"]),
    ("image-sharing", CapturedImage, {"share_with": ["p1", "p2"]}, {"projects": ["p1"]}, ["'p2'", "p1"]),
    ("tags", CapturedImage, {"tags": {"a b": "c"}}, {}, ["'a b'"]),
    ("tags", TempServer, {"tags": {f"key{number}": "x" for number in range(10)}}, {}, ["at most 9"]),
    ("tags", IsoImage, {"tags": {"key": "x" * 44}}, {}, ["43"]),
    ("tags", CapturedImage, {"tags": {"image-from-iso": "anything"}}, {}, ["reserved for the ownership tag"]),
    ("tags", TempServer, {"tags": {"IMAGE-from-iso": ""}}, {}, ["reserved for the ownership tag"]),
    ("required-tags", IsoImage, {}, {"tags": {"Image-from-iso": "x"}}, ["reserved for the ownership tag"]),
    ("required-tags", TempServer, {}, {"tags": {"owner": ""}}, ["'owner' is missing", "any value"]),
    ("required-tags", CapturedImage, {}, {"tags": {"team": "storage"}}, ["'team' is 'platform'", "'storage'"]),
    ("enterprise-project", IsoImage, {}, {"allowed": ["ep-1"]}, ["None", "ep-1"]),
    ("enterprise-project", TempServer, {"enterprise_project_id": "0"}, {"allowed": ["ep-1"]}, ["'0'", "ep-1"]),
]


@pytest.mark.parametrize(("rule_id", "kind", "changes", "limits", "words"), REFUSED)
def test_what_is_wrong_is_named_with_its_value_and_what_is_allowed(rule_id, kind, changes, limits, words):
    (violation,) = violations(rule_id, kind, changes, **limits)

    for word in words:
        assert word in violation


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_has_nothing_against_what_is_right(rule_id):
    for kind in RULES[rule_id].kinds:
        assert [] == violations(rule_id, kind, {})


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_passes_over_facts_that_could_not_be_looked_up(rule_id):
    facts = ("flavor_details", "volume_types", "iso_image_details", "source_details", "os_version_details")
    rule = RULES[rule_id]
    for kind in rule.kinds:
        inputs = {key: value for key, value in INPUTS[kind].items() if key not in facts}
        assert [] == list(rule.evaluate(inputs, limits_of(rule, {})))


def test_every_rule_is_tried():
    assert set(RULES) == {rule_id for rule_id, *_ in REFUSED}


@pytest.mark.parametrize(
    ("rule_id", "kind", "changes", "limits"),
    [
        ("server-flavor-general-computing", TempServer, details(architecture="arm", performance_type="kunpeng"), {}),
        ("server-flavor-allowed", TempServer, {}, {"allowed": ["s6.large.2"]}),
        ("server-flavor-vcpus", TempServer, details(vcpus=4.0), {"allowed": [2, 4]}),
        ("server-volume-types", TempServer, {}, {"allowed": ["SSD"]}),
        ("server-user-data-size", TempServer, {"user_data": "x" * 32768}, {}),
        ("iso-boot-mode", IsoImage, {"hw_firmware_type": "uefi"}, {}),
        ("iso-arm-boots-by-uefi", IsoImage, {"architecture": "arm"}, {}),
        ("image-sharing", CapturedImage, {"share_with": ["p1"]}, {"projects": ["p1"]}),
        ("required-tags", CapturedImage, {}, {"tags": {"team": ""}}),
        ("enterprise-project", CapturedImage, {"enterprise_project_id": "ep-1"}, {"allowed": ["ep-1"]}),
    ],
)
def test_what_is_allowed_is_not_refused(rule_id, kind, changes, limits):
    assert [] == violations(rule_id, kind, changes, **limits)


def test_required_tags_are_filled_in_and_others_kept():
    rule = RULES["required-tags"]
    assert rule.remediate is not None

    filled = rule.remediate(SERVER, {"tags": {"cost-center": "42", "owner": "", "team": "storage"}})

    assert {"tags": {"team": "platform", "cost-center": "42"}} == filled


def test_there_is_nothing_to_fill_in_where_all_tags_are_there():
    rule = RULES["required-tags"]
    assert rule.remediate is not None

    assert {} == rule.remediate(SERVER, {"tags": {"team": "platform"}})
    assert {} == rule.remediate(SERVER, {"tags": {"image-from-iso": "anything"}})


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_a_rule_reports_why_and_what_to_do(rule):
    assert rule.id == rule.id.lower().replace("_", "-")
    assert rule.description.endswith(".")
    assert rule.rationale.endswith(".")
    assert rule.source in explanation(rule)
    assert message(rule, "it is wrong") == f"it is wrong; {rule.remedy}"


def test_identifiers_are_unique():
    assert len(ALL) == len({rule.id for rule in ALL})
