"""Channels before anything is created: each belongs to one stack, and to one build of a region."""

import pytest

from config.builds.channel_tag import Channel, ChannelTag
from huaweicloud.ims import CreateImageFromIso
from tests.e2e.cloud import CloudView
from tests.labs import wait_for

OWN, OTHER = "0" * 10, "1" * 10
STABLE = Channel("debian-12", "stable")
PUBLISH = {"publish": {"family": "debian-12", "channel": "stable"}}


@pytest.fixture
def published(connect, local, lab):
    """Return a function that lets a stack publish an image, and returns the id of the image."""

    def make(stack: str) -> str:
        cloud, build = connect(), local(0)
        iso = CreateImageFromIso(name="golden", image_url=build.image_url, os_version=build.os_version, min_disk=10)
        job_id = cloud.ims.create_image_from_iso(iso)
        image_id = wait_for(lambda: cloud.ims.get_job(job_id).image_id, "the image")
        wait_for(lambda: cloud.ims.get_image(image_id).status == "active", "the image")
        cloud.ims.set_tags(image_id, ChannelTag(STABLE, "20260101T000000000Z", f"{stack}.{'2' * 6}").as_tags)
        return str(image_id)

    yield make
    lab.restore()
    CloudView(lab.env).empty()


@pytest.mark.recovery("`… belongs to another stack, which has published image …`")
def test_a_channel_of_another_stack_is_refused_with_the_remedy(found, local, published):
    image_id = published(OTHER)

    (finding,) = found(local(**PUBLISH), digests=frozenset({OWN}))

    assert ("error", "builds[0].publish.channel", "stable") == (finding.severity, finding.key, finding.value)
    assert f"belongs to another stack, which has published image golden ({image_id}) there" in finding.reason
    assert "choose another channel, or delete the tag image-channel-stable of that image" in finding.remedy


def test_the_own_channel_and_a_free_one_are_no_problem(found, local, published):
    assert [] == found(local(**PUBLISH), digests=frozenset({OWN}))
    published(OTHER)

    assert [] == found(local(**PUBLISH), digests=frozenset({OTHER}))
    assert [] == found(local(**PUBLISH), digests=frozenset({OWN, OTHER}))
    other = {"publish": {"family": "debian-12", "channel": "candidate"}}
    assert [] == found(local(**other), digests=frozenset({OWN}))
    assert [] == found(local(), digests=frozenset({OWN}))


def test_two_builds_of_a_region_do_not_share_a_channel(found, local):
    (finding,) = found(local(0, **PUBLISH), local(1, **PUBLISH), digests=frozenset({OWN}))

    assert "builds[1].publish.channel" == finding.key
    assert "is the channel of build" in finding.reason
