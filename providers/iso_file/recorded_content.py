"""
Content of ISO files, resolved in check() and compared with the content that a resource has recorded.

Unlike other look-ups it is made at every preview and `up`, because a file can change behind an unchanged name. It is
made once for each file and process. If the object store does not respond, the recorded content stays, with a warning.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi.dynamic import CheckFailure, DiffResult

from config.iso_file.iso_content import IsoContent, describe_change
from config.iso_file.iso_location import IsoObject
from config.iso_file.iso_names import shown_location
from huaweicloud.errors import Cancelled, CloudError
from providers import lookups
from providers.runtime import process
from providers.runtime.properties import Props, contains_unknowns

AT_ONCE = 8
IS_BUILD = "data_disk"
"""Trigger that only the identity of a build has; that of an import has none of this name."""


def resolve(region: str, image_url: str, old: Props | None) -> tuple[Props, list[CheckFailure]]:
    """
    Identify the content of an ISO file (OBS HEAD).

    Args:
        region: Region as the stack names it.
        image_url: Location of the file, <bucket>:<object>.
        old: Recorded content, if there is any.

    Returns:
        The content, and a failure if the credentials do not suffice. The content is the recorded one if it is the same
        object or cannot be read, and empty if nothing is known.

    Raises:
        Cancelled: The user cancelled the run.
    """
    bucket, key = IsoObject.parse(image_url)
    recorded = IsoContent.of_props(old)
    try:
        found = lookups.catalog(region).iso_object(bucket, key)
    except Cancelled:
        raise
    except CloudError as error:
        if lookups.is_permanent(error):
            return old or {}, [CheckFailure("region", error.with_hint())]
        if recorded:  # otherwise the resource that needs the file reports it
            lookups.warn_once(f"could not check if {shown_location(image_url)} has changed: {error}")
        return old or {}, []
    if found is None:
        return old or {}, []
    content = IsoContent.of_object(found)
    return (old or {}) if recorded and recorded.is_same_object(content) else content.as_props(), []


def identify(region: str, builds: list[dict[str, Any]], old_builds: Iterable[Props]) -> bool:
    """
    Put the content of its ISO file into the settings of each build.

    Args:
        region: Region as the stack names it.
        builds: Settings of the builds, which are added to.
        old_builds: Settings of the previous run.

    Returns:
        False if the credentials do not suffice to read a file.
    """
    recorded = {build["image_url"]: build.get("content") for build in old_builds}
    _at_once(
        lambda bucket, key: lookups.catalog(region).iso_object(bucket, key), {build["image_url"] for build in builds}
    )
    identified = True
    for build in builds:
        if build.get("iso"):  # the location is a digest of the content, and there may be none before the upload
            continue
        content, failures = resolve(region, build["image_url"], recorded.get(build["image_url"]))
        identified = identified and not failures
        if content:
            build["content"] = content
    return identified


def of_identity(old_props: Props, inputs: Props) -> list[CheckFailure]:
    """
    Put the content of the ISO file that an identity's triggers name into its inputs.

    Args:
        old_props: Old inputs; empty at a create.
        inputs: Checked inputs, which are added to.

    Returns:
        A failure if the credentials do not suffice.
    """
    image_url = _image_url(inputs)
    if not image_url or contains_unknowns([inputs["region"], image_url]):
        return []
    same_file = (old_props.get("region"), _image_url(old_props)) == (inputs["region"], image_url)
    content, failures = resolve(inputs["region"], image_url, old_props.get("content") if same_file else None)
    pin = inputs.get("iso_sha256")
    # empty, not left out: an output that a preview does not show would be unknown to the steps that take it
    inputs["content"] = {**content, "sha256": pin} if pin and content else content
    return failures


def with_change(result: DiffResult, old_props: Props, new_props: Props) -> DiffResult:
    """
    Add the effect of another content to the diff of an identity: a new build.

    A content that an earlier version has not recorded is recorded now, with an update.

    Args:
        result: Diff without regard to the content.
        old_props: Outputs in the state.
        new_props: Checked inputs.
    """
    old, new = _contents(old_props, new_props)
    if new is None or _image_url(old_props) != _image_url(new_props):
        return result
    if old is None or (old.is_same_file(new) and not old.is_same_object(new)):
        return DiffResult(changes=True, replaces=result.replaces)
    if old.is_same_file(new):
        return result
    if IS_BUILD in new_props["triggers"]:
        process.log(f"{describe_change(_image_url(new_props), old, new)}; a new image will be built")
    return DiffResult(changes=True, replaces=[*(result.replaces or ()), "content"])


def has_changed(old_props: Props, new_props: Props) -> bool:
    """Return True if two identities have recorded different files; a content that is not recorded is no difference."""
    old, new = _contents(old_props, new_props)
    return old is not None and new is not None and not old.is_same_file(new)


def to_record(old_props: Props, new_props: Props) -> Props | None:
    """Return the content that an identity records at an update: the first one, or another upload of the same bytes."""
    old, new = _contents(old_props, new_props)
    if old is None or (new is not None and old.is_same_file(new)):
        return new_props.get("content")
    return old_props["content"]  # type: ignore[no-any-return]  # old was made from it


def report_import(old_props: Props, new_props: Props) -> None:
    """Report on the row of an ISO image that its file has changed."""
    old, new = _contents(old_props, new_props)
    if (
        old is not None
        and new is not None
        and old_props["image_url"] == new_props["image_url"]
        and not old.is_same_object(new)
    ):
        process.log(f"{describe_change(new_props['image_url'], old, new)}; it will be imported again")


def read_files(region: str, image_urls: Iterable[str]) -> None:
    """Read the first sectors of several files concurrently, which saves a request for their content."""
    _at_once(lambda bucket, key: lookups.catalog(region).iso_file(bucket, key), image_urls)


def _at_once(look: Callable[[str, str], Any], image_urls: Iterable[str]) -> None:
    """Fill the catalog; a later request to it reports what has failed."""

    def ask(image_url: str) -> None:
        bucket, key = IsoObject.parse(image_url)
        try:
            look(bucket, key)
        except CloudError:
            return

    listed = list(image_urls)
    if len(listed) == 1:
        ask(listed[0])
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="iso-files") as pool:
        list(pool.map(ask, listed))


def _contents(old_props: Props, new_props: Props) -> tuple[IsoContent | None, IsoContent | None]:
    return IsoContent.of_props(old_props.get("content")), IsoContent.of_props(new_props.get("content"))


def _image_url(inputs: Props) -> str:
    triggers = inputs.get("triggers")
    found = triggers.get("image_url") if isinstance(triggers, dict) else None
    return found if isinstance(found, str) or contains_unknowns(found) else ""  # type: ignore[return-value]
