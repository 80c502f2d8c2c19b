"""The services' rules for single values, as annotated types; sources are the API references named beside them."""

import math
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from config.iso_file.iso_location import check_location
from config.iso_file.iso_upload import check_bucket, check_source

MAX_TAGS = 10
TAG_KEY = "image-from-iso"
"""Key of the ownership tag."""
PROVENANCE_KEY = "image-provenance"
"""Key of the tag with the digest of an image's provenance; an image that has ten other tags is not given it."""
OWN_TAGS = 1  # the ownership tag, see providers/lifecycle/ownership_tag.py
MAX_USER_DATA_BYTES = 32 * 1024

_WHOLE = "must be a whole number (integer)"
_DECIMAL = "must be a number"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # the categories Cc and Cs of Unicode
_LETTERS = "A-Za-z0-9\u4e00-\u9fff"


def is_reserved(key: str) -> bool:
    """
    Return True for every spelling of a key that this program sets itself.

    Not documented: if the services take keys that differ in case for one and the same.
    """
    return key.strip().casefold() in (TAG_KEY, PROVENANCE_KEY)


def is_ownership_key(key: str) -> bool:
    """Return True for every spelling of the key of the ownership tag."""
    return key.strip().casefold() == TAG_KEY


def _whole(value: Any) -> Any:
    """Refuse what the parser would turn into a whole number although it is none: true, text, 40.5."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{_WHOLE}{_quoted(value)}")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(_WHOLE)
    return value


def _decimal(value: Any) -> Any:
    """Refuse true, text and what is not finite; `pulumi config set --path` writes decimals as text."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(_DECIMAL)
    if not math.isfinite(value):
        raise ValueError(f"{_DECIMAL} that is finite")
    return value


def _quoted(value: Any) -> str:
    return ", without quotes" if isinstance(value, str) and value.strip().isdigit() else ""


def _whole_text(value: Any) -> Any:
    """Read the digits of a key of the stack, which Pulumi hands over as text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value) else value


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _project_id(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", value):
        raise ValueError("must be the id of a project, 32 hexadecimal digits (IAM shows it under 'My Credentials')")
    return value


def _text(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("must not contain control characters")
    return value


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


def _sha256(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", value):
        raise ValueError("must be a SHA-256 digest of 64 hexadecimal digits")
    return value.lower()


def _description(value: str) -> str:
    if len(value) > 1024 or re.search(r"[\r\n<>]", value):
        raise ValueError("must have at most 1024 characters, without '<', '>' and line breaks")
    return _text(value)


def _tags(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MAX_TAGS - OWN_TAGS:
        raise ValueError(f"at most {MAX_TAGS - OWN_TAGS} tags: the services allow {MAX_TAGS}, one is the ownership tag")
    for key, text in value.items():
        if is_reserved(key):
            purpose = "the ownership tag" if is_ownership_key(key) else "the digest of the provenance"
            raise ValueError(f"key {key!r} is reserved for {purpose}: choose another key")
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


# Behind the limits, so that the JSON schema keeps these.
WHOLE = BeforeValidator(_whole)
DECIMAL = BeforeValidator(_decimal)
WHOLE_TEXT = BeforeValidator(_whole_text)

# Image names, descriptions and tags: IMS "image attributes", POST /v2/cloudimages/action.
ImageName = Annotated[str, AfterValidator(_image_name)]
ImageUrl = Annotated[str, AfterValidator(check_location)]
IsoSource = Annotated[str, AfterValidator(check_source)]
BucketName = Annotated[str, AfterValidator(check_bucket)]
Sha256 = Annotated[str, AfterValidator(_sha256)]
Description = Annotated[str, AfterValidator(_description)]
Tags = Annotated[dict[str, str], AfterValidator(_tags)]
# The bounds differ between the service's own pages (1, 10 or 40 up to 1024): the widest, the service judges.
MinDiskGiB = Annotated[int, Field(ge=1, le=1024), WHOLE]
Architecture = Literal["x86", "arm"]
FirmwareType = Literal["bios", "uefi"]

# ECS POST /v1/{project_id}/cloudservers: server names, volume types, sizes in GiB.
ServerName = Annotated[str, AfterValidator(_server_name)]
VolumeType = Literal["SATA", "SAS", "GPSSD", "SSD", "ESSD", "GPSSD2", "ESSD2"]
SystemDiskGiB = Annotated[int, Field(ge=1, le=1024), WHOLE]
# A data disk may have 32768 GiB; one that becomes a system image at most 1024 (IMS: system disks up to 1 TB).
DataDiskGiB = Annotated[int, Field(ge=10, le=1024), WHOLE]
UserData = Annotated[str, AfterValidator(_user_data)]
# IAM: ids of projects are hexadecimal UUIDs without hyphens.
ProjectId = Annotated[str, AfterValidator(_project_id)]
# Any text; a file with a bare number in its place means the same.
FreeText = Annotated[str, BeforeValidator(_number_as_text), WithJsonSchema({"type": ["string", "number"]})]
Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_text)]
