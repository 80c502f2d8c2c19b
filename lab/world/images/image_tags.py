"""Tags of images, in both of the service's tag interfaces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.world.images.image_lists import visible_images, visible_tags
from lab.world.images.image_validation import check_tags, own_image, readable_image
from lab.world.records import Image
from lab.world.refusal import Refused
from lab.world.state import World

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class TagFilter:
    """Key with the values that it may have; no values: any."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class TagQuery:
    """Query by tags of the newer tag interface."""

    tags: tuple[TagFilter, ...] = ()
    tags_any: tuple[TagFilter, ...] = ()
    not_tags: tuple[TagFilter, ...] = ()
    not_tags_any: tuple[TagFilter, ...] = ()
    without_any_tag: bool = False
    resource_id: str | None = None
    resource_name: str | None = None


def set_tag(world: World, project_id: str, image_id: str, key: str, value: str) -> None:
    """Set one tag; the same key gets the new value."""
    add_tags(world, project_id, image_id, [(key, value)])


def add_tags(world: World, project_id: str, image_id: str, pairs: Pairs) -> None:
    image = own_image(world, project_id, image_id)
    image.tags = check_tags(pairs, image.tags)
    world.images.save(image)


def add_bare_tag(world: World, project_id: str, image_id: str, key: str) -> None:
    """Set a tag of the native image interface, which is a key alone."""
    image = own_image(world, project_id, image_id)
    if not 0 < len(key) <= 255 or "=" in key:
        raise Refused("IMG.0115", "The tag is invalid.")
    if key not in image.tags:
        image.tags = {**check_tags([], image.tags), key: None}
        world.images.save(image)


def remove_tags(world: World, project_id: str, image_id: str, keys: Iterable[tuple[str, str | None]]) -> None:
    """Remove tags; a missing one is fine. A given value must be the tag's."""
    image = own_image(world, project_id, image_id)
    for key, value in keys:
        if value is None or (image.tags.get(key) or "") == value:
            image.tags.pop(key, None)
    world.images.save(image)


def remove_tag(world: World, project_id: str, image_id: str, key: str) -> bool:
    """
    Remove one tag.

    Returns:
        False if the image has no such tag.
    """
    image = own_image(world, project_id, image_id)
    if key not in image.tags:
        return False
    del image.tags[key]
    world.images.save(image)
    return True


def tags_of(world: World, project_id: str, image_id: str) -> dict[str, str | None]:
    image = readable_image(world, project_id, image_id)
    if image is None:
        raise Refused("IMG.0144", "The image does not exist.")
    return visible_tags(world, image)


def project_tags(world: World, project_id: str) -> dict[str, list[str]]:
    """Return all tag keys of a project's images with their values."""
    found: dict[str, set[str]] = {}
    for image in world.images.where("project_id", project_id):
        for key, value in visible_tags(world, image).items():
            found.setdefault(key, set()).add(value or "")
    return {key: sorted(values) for key, values in sorted(found.items())}


def query_by_tags(world: World, project_id: str, query: TagQuery) -> list[Image]:
    """Return a project's own images that match a query by tags, newest first."""
    own = [i for i in visible_images(world, project_id) if i.project_id == project_id]
    found = [i for i in own if _matches(visible_tags(world, i), query) and _is_named(i, query)]
    return sorted(found, key=lambda i: (i.created_at, i.id), reverse=True)


def _is_named(image: Image, query: TagQuery) -> bool:
    if query.resource_id is not None and image.id != query.resource_id:
        return False
    if query.resource_name is None:
        return True
    # Documented: a substring; an empty value matches exactly.
    return query.resource_name in image.name if query.resource_name else image.name == ""


def _matches(tags: dict[str, str | None], query: TagQuery) -> bool:
    if query.without_any_tag:
        return not tags
    hits: dict[Literal["tags", "tags_any", "not_tags", "not_tags_any"], list[bool]] = {
        "tags": [_has(tags, f) for f in query.tags],
        "tags_any": [_has(tags, f) for f in query.tags_any],
        "not_tags": [_has(tags, f) for f in query.not_tags],
        "not_tags_any": [_has(tags, f) for f in query.not_tags_any],
    }
    return (
        all(hits["tags"])
        and (not hits["tags_any"] or any(hits["tags_any"]))
        and not (hits["not_tags"] and all(hits["not_tags"]))
        and not any(hits["not_tags_any"])
    )


def _has(tags: dict[str, str | None], condition: TagFilter) -> bool:
    return condition.key in tags and (not condition.values or (tags[condition.key] or "") in condition.values)
