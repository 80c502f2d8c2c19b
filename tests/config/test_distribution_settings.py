"""Settings of copies, exports and shares under `publish`, with every problem of them."""

import pytest

from config.builds.build_reading import read_builds
from config.builds.distribution import ExportTarget
from tests.config.build_problems import BUILD

PROJECT = "0f1d5a7c9e128d344c56b1a72f6e8d0c"
PLACE = {"family": "debian", "channel": "stable"}


def faults_of(**publish):
    _, problems = read_builds([{**BUILD, "publish": {**PLACE, **publish}}], {})
    return [(item.key, item.reason) for item in problems]


def settings_of(build=None, **publish):
    (settings,), problems = read_builds([{**BUILD, **(build or {}), "publish": {**PLACE, **publish}}], {})
    assert [] == problems
    return settings


def test_copies_and_an_export_are_read():
    copies = [{"region": "ap-southeast-3", "agency": "copier"}, {"region": "team", "name": "golden"}]

    publish = settings_of(copies=copies, export={"bucket": "images", "format": "zvhd2"}).publish

    assert [("ap-southeast-3", "copier", None), ("team", None, "golden")] == [
        (copy.region, copy.agency, copy.name) for copy in publish.copies
    ]
    assert "images:debian_12-{build_id}.zvhd2" == publish.export.location("debian 12")


@pytest.mark.parametrize(
    ("publish", "key", "words"),
    [
        ({"copies": [{"agency": "a"}]}, "publish.copies[0].region", "is missing"),
        ({"copies": [{"region": "a", "agencie": "b"}]}, "publish.copies[0].agencie", "agency"),
        ({"copies": [{"region": "a"}, {"region": "a"}]}, "publish.copies", "name region 'a' more than once"),
        ({"copies": [{"region": "a", "name": " x"}]}, "publish.copies[0].name", "must"),
        ({"export": {"bucket": "B", "format": "qcow2"}}, "publish.export.bucket", "bucket"),
        ({"export": {"bucket": "images", "format": "iso"}}, "publish.export.format", "zvhd2"),
        ({"export": {"bucket": "images", "format": "vhd", "object": "a.vhd"}}, "publish.export.object", "{build_id}"),
        ({"export": {"bucket": "images", "format": "vhd", "object": "a {build_id}"}}, "publish.export.object", "space"),
        ({"export": {"bucket": "images", "format": "vhd", "object": "/{build_id}"}}, "publish.export.object", "must"),
        ({"share_with": ["me"]}, "share_with[0]", "32"),
    ],
)
def test_each_problem_has_its_key(publish, key, words):
    ((found, reason),) = faults_of(**publish)

    assert f"builds[0].{key}" == found
    assert words in reason


def test_share_with_of_a_publication_is_another_name():
    settings = settings_of(share_with=[PROJECT])

    assert ([PROJECT], []) == (settings.share_with, settings.publish.share_with)


def test_share_with_is_set_once():
    _, (item,) = read_builds([{**BUILD, "share_with": [PROJECT], "publish": {**PLACE, "share_with": [PROJECT]}}], {})

    assert "builds[0].publish.share_with" == item.key
    assert "is another name of share_with, which is set too" in item.reason


def test_the_object_of_an_export_is_chosen():
    export = ExportTarget(bucket="images", format="vhd", object="golden/{image_name}/{build_id}.vhd")

    assert "images:golden/debian/{build_id}.vhd" == export.location("debian")
