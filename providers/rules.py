"""The services' rules for single values, as annotated types; sources are the API references named beside them."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

MAX_TAGS = 10
OWN_TAGS = 1  # the mark, see marks.py
MAX_USER_DATA_BYTES = 32 * 1024

_LETTERS = "A-Za-z0-9\u4e00-\u9fff"


def _image_name(value: str) -> str:
    if not 1 <= len(value) <= 128:
        raise ValueError("must have 1 to 128 characters")
    if value != value.strip():
        raise ValueError("must not begin or end with a space")
    if not re.fullmatch(rf"[{_LETTERS}\-._ ]+", value):
        raise ValueError("may hold letters, digits, Chinese characters, '-', '.', '_' and spaces only")
    return value


def _server_name(value: str) -> str:
    if not re.fullmatch(rf"[{_LETTERS}_\-.]{{1,64}}", value):
        raise ValueError("must have 1 to 64 letters, digits, Chinese characters, '_', '-' or '.'")
    return value


def _image_url(value: str) -> str:
    bucket, colon, key = value.partition(":")
    if not colon or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise ValueError("must be <bucket>:<object>, for example images:debian-12.iso")
    if not key.lower().endswith(".iso"):
        raise ValueError("the object must be an ISO file whose name ends in .iso")
    if re.search(r"\s", key):
        raise ValueError("folder and file names must not contain spaces")
    return value


def _description(value: str) -> str:
    if len(value) > 1024 or re.search(r"[\r\n<>]", value):
        raise ValueError("must have at most 1024 characters, without '<', '>' and line breaks")
    return value


def _tags(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MAX_TAGS - OWN_TAGS:
        raise ValueError(f"at most {MAX_TAGS - OWN_TAGS} tags: the services allow {MAX_TAGS}, one is the build's mark")
    for key, text in value.items():
        if not re.fullmatch(rf"[{_LETTERS}_\-]{{1,36}}", key):
            raise ValueError(f"key {key!r} must have 1 to 36 letters, digits, '_', '-' or Chinese characters")
        if not re.fullmatch(rf"[{_LETTERS}_\-.]{{0,43}}", text):
            raise ValueError(
                f"value of {key!r} must have at most 43 letters, digits, '_', '-', '.' or Chinese characters"
            )
    return value


def _user_data(value: str) -> str:
    if len(value.encode()) > MAX_USER_DATA_BYTES:
        raise ValueError(f"must have at most {MAX_USER_DATA_BYTES} bytes; let it fetch the rest")
    return value


# Image names, descriptions and tags: IMS "image attributes", POST /v2/cloudimages/action.
ImageName = Annotated[str, AfterValidator(_image_name)]
ImageUrl = Annotated[str, AfterValidator(_image_url)]
Description = Annotated[str, AfterValidator(_description)]
Tags = Annotated[dict[str, str], AfterValidator(_tags)]
# The bounds differ between the service's own pages (1, 10 or 40 up to 1024): the widest, the service judges.
MinDiskGiB = Annotated[int, Field(ge=1, le=1024)]
Architecture = Literal["x86", "arm"]
FirmwareType = Literal["bios", "uefi"]

# ECS POST /v1/{project_id}/cloudservers: server names, volume types, sizes in GiB.
ServerName = Annotated[str, AfterValidator(_server_name)]
VolumeType = Literal["SATA", "SAS", "GPSSD", "SSD", "ESSD", "GPSSD2", "ESSD2"]
SystemDiskGiB = Annotated[int, Field(ge=1, le=1024)]
# A data disk may have 32768 GiB; one that becomes a system image at most 1024 (IMS: system disks up to 1 TB).
DataDiskGiB = Annotated[int, Field(ge=10, le=1024)]
UserData = Annotated[str, AfterValidator(_user_data)]
Text = Annotated[str, Field(min_length=1, max_length=255)]
