"""Fate of an image that fails its test: it is deleted, or kept under a name that says so and shared with nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from huaweicloud.errors import UnexpectedState
from providers.channels import published_images
from providers.images import image_spec
from providers.installation import diagnostic_files, diagnostics
from providers.lifecycle import deletion, image_updates

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image
    from providers.verification.guest_wait import TestFailed

TEST_AGAIN = "to test it again, correct `verify` and run `pulumi up`; or correct the ISO file and change `rebuild`"
BUILD_AGAIN = "correct the ISO file or `verify`, then run `pulumi up --refresh` to build again"


class Tested(Protocol):
    """Settings of a test that decide the fate of its image."""

    @property
    def build_id(self) -> str:
        """Id of the build."""

    @property
    def image_name(self) -> str:
        """Name of an image that passes."""

    @property
    def share_with(self) -> Sequence[str]:
        """Ids of the projects that an image which passes is shared with."""

    @property
    def on_failure(self) -> str:
        """`keep` or `delete`."""


def failed_name(image_name: str, build_id: str) -> str:
    """Return the name of an image that has failed its test."""
    return image_spec.with_end(image_name, _end(build_id))


def is_failed(name: str, build_id: str) -> bool:
    """Return True if the name of an image says that it has failed its test."""
    return name.endswith(_end(build_id))


def _end(build_id: str) -> str:
    return f"-failed-{build_id}"


def reject(cloud: Cloud, image: Image, tested: Tested, failure: TestFailed) -> UnexpectedState:
    """
    Save the evidence, delete the server, then delete or rename the image, and return the error.

    An interrupted run has left the server, so that the next one tests again, or only the image.
    """
    server = failure.server
    problem = f"image {tested.image_name} ({image.id}) failed its test: {failure}"
    words, saved = diagnostics.last_words(cloud, server.id), diagnostic_files.save(cloud, server, problem)
    deletion.delete_server(cloud, server.id, [volume.id for volume in server.volumes])
    is_own = image_spec.is_made_by(image, tested.build_id, "image")
    if tested.on_failure == "delete" and is_own and not published_images.pointing_to(image):
        deletion.delete_image(cloud, image.id, image.name)
        fate, hint = "was deleted because verify.on_failure is `delete`", BUILD_AGAIN
    else:
        fate, hint = f"is kept as {_set_apart(cloud, image, tested)}", TEST_AGAIN
    parts = [problem, str(saved), f"the image is not published, and {fate}", words]
    return UnexpectedState("; ".join(filter(None, parts)), hint=hint)


def publish(cloud: Cloud, image: Image, tested: Tested) -> None:
    """Give an image that passes its name back, if it has failed an earlier test, and share it."""
    if image.name == failed_name(tested.image_name, tested.build_id):
        image_updates.rename(cloud, image, tested.image_name)
    image_updates.set_members(cloud, image.id, tested.share_with, may_be_shared=False)


def _set_apart(cloud: Cloud, image: Image, tested: Tested) -> str:
    """Rename an image, share it with nobody, and return its name. Each step is left out if it has been done."""
    name = failed_name(tested.image_name, tested.build_id)
    if tested.share_with:
        image_updates.set_members(cloud, image.id, [])
    if image.name != name:
        image_updates.rename(cloud, image, name)
    return name
