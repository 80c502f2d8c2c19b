"""Lists of the images that a project sees, filtered, sorted and paged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lab.world.records import Image
from lab.world.refusal import Refused
from lab.world.servers.flavors import FLAVORS
from lab.world.state import World

SORT_KEYS: dict[str, Callable[[Image], object]] = {
    "name": lambda i: i.name,
    "container_format": lambda i: "bare",
    "disk_format": lambda i: i.disk_format,
    "status": lambda i: i.status,
    "id": lambda i: i.id,
    "size": lambda i: i.size_bytes,
    "created_at": lambda i: i.created_at,
    "updated_at": lambda i: i.updated_at,
}
_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}


@dataclass(frozen=True)
class ImageQuery:
    """Query of a listing; ``filters`` are the query parameters by their documented names."""

    project_id: str
    filters: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    sort_key: str = "created_at"
    sort_dir: str = "desc"
    limit: int = 500
    marker: str | None = None
    offset: int = 0


def image_type_for(image: Image, project_id: str) -> str:
    """Return `__imagetype` for a project, which sees somebody else's image as shared."""
    return "shared" if image.imagetype == "private" and image.project_id != project_id else image.imagetype


def visible_tags(world: World, image: Image) -> dict[str, str | None]:
    return image.tags if image.tags_visible_at <= world.now() else {}


def visible_images(world: World, project_id: str, member_status: str | None = None) -> list[Image]:
    """Return all images that a project may see, in no order."""
    now = world.now()
    own = [i for i in world.images.where("project_id", project_id) if i.visible_at <= now]
    if world.variants.image_during_job == "hidden":
        own = [i for i in own if i.status not in ("queued", "saving")]
    public = [i for i in world.images if i.imagetype == "gold" and i.project_id != project_id]
    members = world.members.where("member_id", project_id)
    image_ids = {m.image_id for m in members if m.status == (member_status or "accepted")}
    shared = [i for i in (world.images.get(image_id) for image_id in image_ids) if i is not None]
    return own + public + shared


def list_images(world: World, query: ImageQuery) -> list[Image]:
    """Return one page of the images that match all filters, sorted."""
    found = [
        image
        for image in visible_images(world, query.project_id, query.filters.get("member_status"))
        if all(_matches(world, query.project_id, image, name, value) for name, value in query.filters.items())
        and all(_has_tag(world, image, tag) for tag in query.tags)
    ]
    return _page(_sorted(found, query.sort_key, query.sort_dir), query)


def _sorted(images: list[Image], key: str, direction: str) -> list[Image]:
    if key not in SORT_KEYS or direction not in ("asc", "desc"):
        raise Refused("IMG.0017", "The sort key or direction is invalid.")
    by_key = SORT_KEYS[key]
    return sorted(images, key=lambda i: (by_key(i), i.id), reverse=direction == "desc")


def _page(images: list[Image], query: ImageQuery) -> list[Image]:
    start = query.offset
    if query.marker:
        ids = [image.id for image in images]
        if query.marker not in ids:
            raise Refused("IMG.0017", "The marker is invalid.")
        start = ids.index(query.marker) + 1
    return images[start : start + query.limit]


def _has_tag(world: World, image: Image, tag: str) -> bool:
    key, separator, value = tag.partition("=")
    tags = visible_tags(world, image)
    return key in tags and (not separator or (tags[key] or "") == value)


def _matches(world: World, project_id: str, image: Image, name: str, value: str) -> bool:
    if name in _FIELDS:
        return _FIELDS[name](image).lower() == value.lower()
    if name in ("created_at", "updated_at"):
        return _matches_time(image.created_at if name == "created_at" else image.updated_at, value)
    if name.startswith("__support"):
        return image.attributes.get(name) == value
    if name == "__imagetype":
        return image_type_for(image, project_id) == value
    if name == "visibility":
        return visibility_for(image, project_id) == value
    if name == "flavor_id":
        return _fits_flavor(image, value)
    if name == "enterprise_project_id":
        return value in (image.enterprise_project_id, "all_granted_eps")
    return True


def visibility_for(image: Image, project_id: str) -> str:
    if image.imagetype == "gold":
        return "public"
    return "private" if image.project_id == project_id else "shared"


def _fits_flavor(image: Image, flavor_id: str) -> bool:
    flavor = FLAVORS.get(flavor_id)
    if flavor is None or image.imagetype != "gold":
        return False
    return flavor.is_arm == (image.architecture == "arm")


def _matches_time(moment: datetime, condition: str) -> bool:
    operator, _, text = condition.partition(":")
    if operator not in _COMPARE:
        raise Refused("IMG.0017", "The time condition is invalid.")
    try:
        reference = datetime.fromisoformat(text.replace(" ", "T").rstrip("Z") + "+00:00")
    except ValueError:
        raise Refused("IMG.0017", "The time is invalid.") from None
    return _COMPARE[operator](moment.replace(microsecond=0), reference)


_FIELDS: dict[str, Callable[[Image], str]] = {
    "id": lambda i: i.id,
    "name": lambda i: i.name,
    "owner": lambda i: i.project_id,
    "status": lambda i: i.status,
    "protected": lambda i: str(i.protected),
    "container_format": lambda i: "bare",
    "disk_format": lambda i: i.disk_format,
    "min_ram": lambda i: str(i.min_ram),
    "min_disk": lambda i: str(i.min_disk),
    "__os_bit": lambda i: i.os_bit,
    "__os_type": lambda i: i.os_type,
    "__platform": lambda i: i.platform,
    "__isregistered": lambda i: "true",
    "virtual_env_type": lambda i: i.virtual_env_type,
    "architecture": lambda i: i.architecture,
    "__whole_image": lambda i: "false",
    "__system__cmkid": lambda i: i.cmk_id or "",
}
