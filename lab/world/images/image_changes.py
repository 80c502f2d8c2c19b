"""Changes and deletion of images."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lab.world.images.image_copies import is_being_exported
from lab.world.images.image_validation import check_description, check_name, check_new_name, own_image
from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Image
from lab.world.refusal import Refused
from lab.world.state import World

Value = str | int | bool | None


@dataclass(frozen=True)
class Change:
    """Operation of a PATCH: ``path`` is an attribute with a slash before it."""

    op: Literal["add", "replace", "remove"]
    path: str
    value: Value


_ABSENT_BY_DEFAULT = {
    "__description": "description",
    "max_ram": "max_ram",
    "hw_firmware_type": "hw_firmware_type",
}
READ_ONLY = frozenset(
    [
        "id",
        "status",
        "owner",
        "created_at",
        "updated_at",
        "active_at",
        "size",
        "checksum",
        "file",
        "self",
        "schema",
        "disk_format",
        "container_format",
        "visibility",
        "virtual_env_type",
        "min_disk",
        "tags",
        "__imagetype",
        "__image_size",
        "__isregistered",
        "__image_source_type",
        "__data_origin",
        "__root_origin",
        "__originalimagename",
        "__os_version",
        "__os_type",
        "__os_bit",
        "__platform",
        "__backup_id",
    ]
)
_CUSTOM = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,254}")


def change_image(world: World, project_id: str, image_id: str, changes: list[Change]) -> Image:
    """Carry out a PATCH: all of its operations or none."""
    image = own_image(world, project_id, image_id)
    if image.status != "active":
        raise Refused("IMG.0046", "The image is not available.")
    if not changes:
        raise Refused("IMG.0007", "The request body is empty.")
    changed = image.model_copy(deep=True)
    for change in changes:
        _apply(world, changed, change)
    changed.updated_at = world.now()
    return world.images.save(changed)


def _apply(world: World, image: Image, change: Change) -> None:
    name = change.path.removeprefix("/")
    if not change.path.startswith("/") or name in READ_ONLY or not _CUSTOM.fullmatch(name):
        raise Refused("IMG.0035", f"The attribute {name!r} conflicts or cannot be changed.")
    if image.virtual_env_type == "DataImage" and name not in ("name", "__description"):
        raise Refused("IMG.0168", "Only name and description of a data image can be changed.")
    if name in _SETTERS:
        _set_field(world, image, name, change)
    else:
        _set_attribute(image, name, change)


def _set_field(world: World, image: Image, name: str, change: Change) -> None:
    field = _ABSENT_BY_DEFAULT.get(name)
    present = field is None or getattr(image, field) is not None
    if change.op in ("replace", "remove") and not present:
        raise Refused("IMG.0035", f"The image has no attribute {name}.")
    if change.op == "remove":
        if field is None:
            raise Refused("IMG.0035", f"The attribute {name} cannot be removed.")
        setattr(image, field, None)
    else:
        _SETTERS[name](world, image, change.value)


def _set_attribute(image: Image, name: str, change: Change) -> None:
    if change.op != "add" and name not in image.attributes:
        raise Refused("IMG.0035", f"The image has no attribute {name}.")
    if change.op == "remove":
        del image.attributes[name]
    elif change.value is None or len(str(change.value)) > 255:
        raise Refused("IMG.0035", f"The value of {name} is invalid.")
    else:
        image.attributes[name] = str(change.value)


def _set_name(world: World, image: Image, value: Value) -> None:
    name = value if isinstance(value, str) else None
    image.name = check_name(name) if name == image.name else check_new_name(world, image.project_id, name)


def _set_description(_: World, image: Image, value: Value) -> None:
    if not isinstance(value, str):
        raise Refused("IMG.0054", "The description must be a string.")
    image.description = check_description(value)


def _megabytes(value: Value) -> int:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", text):
        raise Refused("IMG.0055", "The memory size is invalid.")
    return int(text)


def _set_min_ram(_: World, image: Image, value: Value) -> None:
    image.min_ram = _megabytes(value)


def _set_max_ram(_: World, image: Image, value: Value) -> None:
    image.max_ram = _megabytes(value)


def _set_firmware(_: World, image: Image, value: Value) -> None:
    if value not in ("bios", "uefi") or (image.architecture == "arm" and value == "bios"):
        raise Refused("IMG.0141", "hw_firmware_type must be bios or uefi; arm has uefi only.")
    image.hw_firmware_type = str(value)


def _set_enterprise_project(_: World, image: Image, value: Value) -> None:
    image.enterprise_project_id = str(value)


def _set_protected(_: World, image: Image, value: Value) -> None:
    image.protected = str(value).lower() == "true"


_SETTERS: dict[str, Callable[[World, Image, Value], None]] = {
    "name": _set_name,
    "__description": _set_description,
    "min_ram": _set_min_ram,
    "max_ram": _set_max_ram,
    "hw_firmware_type": _set_firmware,
    "enterprise_project_id": _set_enterprise_project,
    "protected": _set_protected,
}


def delete_image(world: World, project_id: str, image_id: str) -> None:
    """Accept the deletion of an image, which disappears a little later."""
    image = world.images.get(image_id)
    if image is None or (image.project_id != project_id and image.imagetype == "private"):
        raise Refused("IMG.0144", "The image does not exist.")
    if image.imagetype == "gold":
        raise Refused("IMG.0094", "A public image cannot be deleted.")
    if image.protected:
        raise Refused("IMG.0091", "A protected image cannot be deleted.")
    if image.status in ("queued", "saving") and not image.awaits_file:
        raise Refused("IMG.0090", "The image is being created and cannot be deleted.")
    if image.is_iso and _in_use(world, image) and world.variants.image_delete_in_use == "refused":
        raise Refused("IMG.0090", "The image is in use and cannot be deleted.")
    if is_being_exported(world, image_id):
        raise Refused("IMG.0148", "The image is being exported.")
    image.protected = False
    if world.variants.image_during_delete == "deleted":
        image.status = "deleted"
    world.images.save(image)
    params = {"image_id": image.id}
    if not any(j.kind == "delete_image" and j.params == params and not j.finished for j in world.jobs.records):
        world.jobs.start("ims", project_id, "delete_image", "imsDeleteImageJob", params=params, hidden=True)


def _in_use(world: World, image: Image) -> bool:
    return any(s.image_id == image.id and s.vm_state != "deleted" for s in world.servers)


class ImageDeletion:
    """Procedure of an accepted deletion."""

    def __init__(self, world: World) -> None:
        self.world = world
        step = Step("DeleteImageTask", self._delete, 1.0)
        world.jobs.register(Procedure("delete_image", "delete_image", (step,), self._keep))

    async def _delete(self, job: Job) -> None:
        image_id = job.params["image_id"]
        self.world.images.delete(image_id)
        for member in self.world.members.where("image_id", image_id):
            self.world.members.delete(member.id)
        await self.world.drive(self.world.driver.delete_image, image_id)

    async def _keep(self, job: Job) -> None:
        """Restore the image after a deletion that failed."""
