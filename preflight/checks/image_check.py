"""Checks of the image: operating system, name, and a kept image to use."""

from collections.abc import Iterator

from config.problems import Finding
from huaweicloud.ims import Image
from preflight.checked_stack import Check, Stack
from preflight.os_versions import nearest

MARK = "image-from-iso"
"""Key of the ownership tag; its value is `<build id>.<step>.<owner>`."""
FINISHED = ("image", "kept")
"""Steps of finished images in the ownership tag."""


def checks(stack: Stack) -> list[Check]:
    """Return the checks, which list operating systems and images once each."""
    return [
        Check("kept images", "ims:images:list", lambda: _kept(stack), build_needs_it=True),
        Check("operating systems", "ims:images:list", lambda: _os_versions(stack)),
        Check("image names", "ims:images:list", lambda: _names(stack), build_needs_it=True),
    ]


def _os_versions(stack: Stack) -> Iterator[Finding]:
    known = stack.catalog.os_versions()
    for build in stack.builds:
        if build.os_version not in known:
            key, reason = build.key("os_version"), "is not in the image service's list of operating systems"
            remedy = (
                f"choose an entry of the list, for example {', '.join(map(repr, nearest(build.os_version, known)))}"
            )
            yield Finding("error", key, build.os_version, reason, remedy)


def _kept(stack: Stack) -> Iterator[Finding]:
    """Check that the image of an earlier build exists, if a build is to use it."""
    wanted = [build for build in stack.builds if build.use_build]
    if not wanted:
        return
    marks = [image.tags.get(MARK, "").split(".") for image in stack.catalog.images()]
    kept = {mark[0] for mark in marks if len(mark) == 3 and mark[1] in FINISHED}
    for build in wanted:
        if build.use_build not in kept:
            reason = "is not a build with a kept image"
            yield Finding("error", build.key("use_build"), build.use_build, reason, _kept_remedy(kept))


def _kept_remedy(kept: set[str]) -> str:
    choice = f"choose one of {', '.join(sorted(kept)[:5])}, or " if kept else ""
    return f"{choice}remove use_build to build a new image"


def _names(stack: Stack) -> Iterator[Finding]:
    own = {(build.name, build.image_name) for build in stack.earlier}
    wanted = [build for build in stack.builds if (build.name, build.image_name) not in own and not build.use_build]
    if not wanted:
        return
    taken: dict[str, Image] = {image.name: image for image in stack.catalog.images()}
    for build in wanted:
        image = taken.get(build.image_name)
        if image is not None:
            # Not documented: whether the service accepts a name twice (IMG.0009).
            marked = MARK in image.tags
            whose = "an image that a build of this project has created" if marked else "another image"
            yield Finding(
                "warning" if marked else "error",
                build.key("image_name"),
                build.image_name,
                f"is already the name of {whose} ({image.id})",
                "choose another name, or delete that image",
            )
