"""Routes for the schemas of the native interface, which describe the base attributes of images and members."""

from typing import Any

from fastapi import FastAPI

from lab.services.ims.image_schemas import XML_ERRORS
from lab.services.service_app import CallerOf, Part

_TYPES: dict[str, tuple[str, ...]] = {
    "string": (
        "id", "name", "status", "owner", "visibility", "disk_format", "container_format", "checksum", "created_at",
        "updated_at", "file", "self", "schema", "virtual_env_type", "enterprise_project_id", "active_at", "max_ram",
        "hw_firmware_type", "__imagetype", "__isregistered", "__image_source_type", "__image_size", "__os_type",
        "__os_bit", "__os_version", "__platform", "__description", "__data_origin", "__root_origin",
        "__originalimagename", "__backup_id", "__productcode", "__lazyloading", "__support_kvm", "__system__cmkid",
    ),
    "integer": ("min_disk", "min_ram", "size", "virtual_size"),
    "boolean": ("protected",),
}  # fmt: skip
_MEMBER = ("created_at", "image_id", "member_id", "schema", "status", "updated_at")


class Schema(Part):
    name: str
    properties: dict[str, Any]


def _image() -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: {"type": ["null", kind], "description": ""} for kind, names in _TYPES.items() for name in names
    }
    properties["tags"] = {"type": "array", "items": {"type": "string", "maxLength": 255}, "description": ""}
    links = [{"rel": rel, "href": f"{{{rel}}}"} for rel in ("self", "schema")]
    links.append({"rel": "enclosure", "href": "{file}"})
    return {
        "name": "image",
        "additionalProperties": {"type": "string"},
        "properties": properties,
        "links": links,
    }


def _member() -> dict[str, Any]:
    properties = {name: {"type": ["null", "string"], "description": ""} for name in _MEMBER}
    return {"name": "member", "properties": properties}


def _list_of(name: str, item: dict[str, Any]) -> dict[str, Any]:
    texts = {key: {"type": "string"} for key in ("first", "next", "schema")}
    links = [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"}]
    links.append({"rel": "describedby", "href": "{schema}"})
    return {"name": name, "properties": {name: {"type": "array", "items": item}, **texts}, "links": links}


SCHEMAS = {
    "image": _image(),
    "images": _list_of("images", _image()),
    "member": _member(),
    "members": _list_of("members", _member()),
}
NAMES = {
    "image": "glance_show_image_schemas",
    "images": "glance_list_image_schemas",
    "member": "glance_show_image_member_schemas",
    "members": "glance_list_image_member_schemas",
}


def add_routes(app: FastAPI) -> None:
    for kind in SCHEMAS:
        _add_schema(app, kind)


def _add_schema(app: FastAPI, kind: str) -> None:
    async def show_schema(caller: CallerOf) -> dict[str, Any]:
        return SCHEMAS[kind]

    path = f"/v2/schemas/{kind}"
    app.get(path, responses={200: {"model": Schema}, **XML_ERRORS}, name=NAMES[kind])(show_schema)
