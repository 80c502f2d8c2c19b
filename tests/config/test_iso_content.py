"""Comparison of contents of an ISO file, and the preflight's evaluation of a changed one."""

from datetime import UTC, datetime

import pytest

from config.iso_file.iso_content import IsoContent, describe_change
from huaweicloud.obs import ObjectInfo
from preflight.plan import plan
from tests.preflight.builds import build

MIB = 1024**2
PIN, OTHER_PIN = "a" * 64, "b" * 64
FIRST = IsoContent(size_bytes=629 * MIB, etag="a1", last_modified="2026-01-01T00:00:00+00:00")


def content(**changes: object) -> IsoContent:
    return FIRST.model_copy(update=changes)


@pytest.mark.parametrize(
    ("other", "same_object", "same_file"),
    [
        (content(), True, True),
        (content(last_modified="2026-02-01T00:00:00+00:00"), True, True),
        (content(sha256=PIN), True, True),
        (content(etag="b2"), False, False),
        (content(size_bytes=1), False, False),
        (content(etag=""), True, True),
        (content(etag="", last_modified="2026-02-01T00:00:00+00:00"), False, False),
    ],
)
def test_size_and_entity_tag_distinguish_objects(other, same_object, same_file):
    assert (same_object, same_file) == (FIRST.is_same_object(other), FIRST.is_same_file(other))
    assert (same_object, same_file) == (other.is_same_object(FIRST), other.is_same_file(FIRST))


def test_another_upload_of_a_pinned_file_is_the_same_file_but_another_object():
    pinned, again = content(sha256=PIN), content(sha256=PIN, etag="parts-2")

    assert (False, True) == (pinned.is_same_object(again), pinned.is_same_file(again))
    assert not pinned.is_same_file(content(sha256=OTHER_PIN, etag="parts-2"))
    assert not pinned.is_same_file(content(sha256=PIN, etag="b2", size_bytes=1))
    assert not pinned.is_same_file(content(etag="b2"))


def test_what_is_recorded_is_read_back_as_the_engine_stores_it():
    info = ObjectInfo(5, "e", "STANDARD", datetime(2026, 1, 1, tzinfo=UTC))
    bag = IsoContent.of_object(info).as_props()

    assert bag == {"size_bytes": 5, "etag": "e", "last_modified": "2026-01-01T00:00:00+00:00"}
    assert IsoContent.of_props({**bag, "size_bytes": 5.0}) == IsoContent.of_object(info)
    assert IsoContent.of_props({}) is IsoContent.of_props(None) is None


def test_a_change_is_described_by_size_and_entity_tag():
    larger, near = content(size_bytes=631 * MIB, etag="3f"), content(size_bytes=629 * MIB + 1, etag="3f")

    assert describe_change("b:d.iso", FIRST, larger) == "b:d.iso changed: 631 MiB, etag 3f; was 629 MiB, etag a1"
    assert f"{629 * MIB + 1} bytes, etag 3f; was {629 * MIB} bytes" in describe_change("b:d.iso", FIRST, near)
    assert "uploaded 2026-01-01" in content(etag="").describe()


@pytest.mark.parametrize(
    ("before", "now", "servers"),
    [
        ({"content": FIRST}, {"content": FIRST}, 0),
        ({"content": FIRST}, {"content": content(etag="b2")}, 1),
        ({}, {"content": FIRST}, 0),
        ({"content": FIRST}, {}, 0),
        ({"content": FIRST}, {"content": content(etag="b2"), "use_build": "0123456789abcdef"}, 0),
        (
            {"content": FIRST, "iso_sha256": PIN},
            {"content": content(etag="b2"), "iso_sha256": PIN},
            0,
        ),
        ({"content": FIRST, "iso_sha256": PIN}, {"content": FIRST, "iso_sha256": OTHER_PIN}, 0),
        ({"content": FIRST}, {"content": FIRST, "iso_sha256": PIN}, 0),
    ],
)
def test_the_plan_counts_a_changed_file_as_a_new_image(before, now, servers):
    found = plan([build(0, **now)], [build(0, **before)])

    assert (servers, servers) == (found.servers, found.replaced)
    assert build(0, **now).can_share_import(build(0, **before)) == (now.get("content") in (None, FIRST))
