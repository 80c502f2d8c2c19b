"""
Tags by which readers find the published image of a family: `image-family` and one tag for each channel.

The value of a channel's tag is `<time>.<stack>.<build>`, 37 of the 43 characters that a value may have. The time is the
one at which the channel moved to the image. Of several images with a channel the newest time counts. So a channel that
moves has exactly one image between any two requests. The digests of the stack and of the build show who publishes.

Source: IMS "image attributes": 10 tags at most; keys have up to 36 and values up to 43 letters, digits, `_`, `-`, and
values also `.`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from config.builds.publication import CHANNEL_KEY, FAMILY_KEY

_VALUE = re.compile(r"(\d{8}T\d{9}Z)\.([0-9a-f]{10}\.[0-9a-f]{6})")
_TIME = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class Channel:
    """
    Channel of a family.

    Attributes:
        family: Name of the family.
        name: Name of the channel.
    """

    family: str
    name: str

    def __str__(self) -> str:
        return f"channel {self.name} of family {self.family}"

    @property
    def key(self) -> str:
        """Return the key of the channel's tag."""
        return f"{CHANNEL_KEY}{self.name}"


@dataclass(frozen=True)
class ChannelTag:
    """
    Tag of an image that a channel points to.

    Attributes:
        channel: The channel.
        moved_at: Time at which the channel moved to the image, in UTC; texts sort as times do.
        publisher: Digest of the stack and of the build that publishes: `<stack>.<build>`.
    """

    channel: Channel
    moved_at: str
    publisher: str

    @property
    def stack(self) -> str:
        """Return the digest of the stack that publishes."""
        return self.publisher.partition(".")[0]

    @property
    def value(self) -> str:
        """Return the value of the tag."""
        return f"{self.moved_at}.{self.publisher}"

    @property
    def as_tags(self) -> dict[str, str]:
        """Return the tags of an image that the channel points to."""
        return {FAMILY_KEY: self.channel.family, self.channel.key: self.value}


def channel_tags(tags: Mapping[str, str]) -> list[ChannelTag]:
    """Return the tags of the channels that point to an image, the newest first; other tags of such keys are no such."""
    family = tags.get(FAMILY_KEY)
    if not family:
        return []
    found = []
    for key, value in tags.items():
        parts = _VALUE.fullmatch(value or "")
        if key.startswith(CHANNEL_KEY) and parts:
            found.append(ChannelTag(Channel(family, key.removeprefix(CHANNEL_KEY)), parts[1], parts[2]))
    return sorted(found, key=lambda tag: (tag.moved_at, tag.publisher), reverse=True)


def channel_tag(tags: Mapping[str, str], channel: Channel) -> ChannelTag | None:
    """Return the tag by which a channel points to an image; None if it does not."""
    return next((tag for tag in channel_tags(tags) if tag.channel == channel), None)


def without_publication(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of an image without those that publish it."""
    published = channel_tags(tags)
    own = {FAMILY_KEY, *(tag.channel.key for tag in published)} if published else set()
    return {key: value for key, value in tags.items() if key not in own}


def next_time(now: datetime, others: Iterable[ChannelTag]) -> str:
    """Return the time of a move: now, but later than all others, whatever the clocks of their machines showed."""
    latest = max((tag.moved_at for tag in others), default="")
    shown = _shown(now)
    if shown > latest:
        return shown
    return _shown(datetime.strptime(latest.removesuffix("Z"), _TIME).replace(tzinfo=UTC) + timedelta(milliseconds=1))


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).strftime(_TIME)[:-3]}Z"
