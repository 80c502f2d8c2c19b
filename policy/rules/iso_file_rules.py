"""Rules for the ISO file, based on what the provider has read of it, and for its boot mode."""

from collections.abc import Iterator, Mapping
from typing import Any

from config import wording
from policy.rule import Inputs, IsoImage, Limit, Limits, Rule, plain
from preflight.media.iso_files import MAX_SIZE_GIB

REGISTER = "IMS user guide, registering an ISO file as an image"
CREATE = "IMS API, creating an image (type IsoImage)"
ATTRIBUTES = "IMS API, image attributes (hw_firmware_type, architecture)"
GIB = {"type": "integer", "minimum": 1, "maximum": 1024}


def _details(iso: Inputs) -> Mapping[str, Any]:
    return iso.get("source_details") or {}


def _is_iso(iso: Inputs, _limits: Limits) -> Iterator[str]:
    if not str(iso["image_url"]).lower().endswith(".iso"):
        yield f"image_url {iso['image_url']!r} does not end in .iso"


def _bucket_in_region(iso: Inputs, _limits: Limits) -> Iterator[str]:
    region, own = _details(iso).get("bucket_region"), _details(iso).get("region", iso["region"])
    if region and region != own:
        yield f"image_url {iso['image_url']!r} is in region {region} (allowed: {own})"


def _size(iso: Inputs, limits: Limits) -> Iterator[str]:
    found, most = _details(iso).get("size_bytes"), limits["max_gib"]
    if found is not None and found > most * 1024**3:
        yield f"image_url {iso['image_url']!r} has {wording.size(int(found))} (allowed: at most {plain(most)} GiB)"


def _storage_class(iso: Inputs, _limits: Limits) -> Iterator[str]:
    found = _details(iso).get("storage_class", "STANDARD")
    if found != "STANDARD":
        yield f"image_url {iso['image_url']!r} has storage class {found} (allowed: STANDARD)"


def _disc_image(iso: Inputs, _limits: Limits) -> Iterator[str]:
    if "formats" in _details(iso) and not _details(iso)["formats"]:
        yield f"image_url {iso['image_url']!r} contains neither an ISO 9660 nor a UDF file system"
    elif _details(iso).get("damage"):
        yield f"image_url {iso['image_url']!r} {_details(iso)['damage']}"


def _bootable(iso: Inputs, _limits: Limits) -> Iterator[str]:
    details = _details(iso)
    if details.get("formats") and not details.get("boots"):
        yield f"image_url {iso['image_url']!r} has no boot record for bios or uefi"


def _firmware(iso: Inputs) -> str:
    return str(iso.get("hw_firmware_type") or ("uefi" if iso.get("architecture") == "arm" else "bios"))


def _boot_mode(iso: Inputs, _limits: Limits) -> Iterator[str]:
    boots = list(_details(iso).get("boots") or [])
    if boots and _firmware(iso) not in boots:
        yield f"hw_firmware_type is {_firmware(iso)}, but {iso['image_url']!r} boots with {' or '.join(boots)} only"


def _arm_boots_by_uefi(iso: Inputs, _limits: Limits) -> Iterator[str]:
    if iso.get("architecture") == "arm" and _firmware(iso) != "uefi":
        yield f"hw_firmware_type is {_firmware(iso)} for architecture arm (allowed: uefi)"


def _min_disk(iso: Inputs, limits: Limits) -> Iterator[str]:
    least, most = int(limits["min_gib"]), int(limits["max_gib"])
    if not least <= iso["min_disk"] <= most:
        yield f"min_disk is {plain(iso['min_disk'])} GiB (allowed: {least} to {most} GiB)"


RULES = (
    Rule(
        id="iso-object-name",
        kinds=(IsoImage,),
        description="The object name of an ISO file must end in .iso.",
        rationale="The service recognizes the format of the file by its name.",
        source=REGISTER,
        remedy="rename the object, or correct image_url (<bucket>:<object>.iso)",
        evaluate=_is_iso,
    ),
    Rule(
        id="iso-bucket-region",
        kinds=(IsoImage,),
        description="The bucket of an ISO file must be in the region of the image.",
        rationale="The service reads only buckets of its own region (IMG.0058).",
        source=CREATE,
        remedy="copy the object to a bucket in that region, or build in the bucket's region",
        evaluate=_bucket_in_region,
    ),
    Rule(
        id="iso-size",
        kinds=(IsoImage,),
        description="An ISO file must not be larger than the service accepts.",
        rationale="The service rejects files larger than 128 GiB (IMG.0059).",
        source="IMS user guide, importing an image",
        remedy="use a smaller file, for example a network installer",
        evaluate=_size,
        limits=(Limit("max_gib", {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_SIZE_GIB}, MAX_SIZE_GIB),),
    ),
    Rule(
        id="iso-storage-class",
        kinds=(IsoImage,),
        description="An ISO file must have the Standard storage class.",
        rationale="The service cannot read other classes.",
        source="IMS user guide, uploading an image file",
        remedy="restore the object to the Standard storage class",
        evaluate=_storage_class,
    ),
    Rule(
        id="iso-disc-image",
        kinds=(IsoImage,),
        description="An ISO file must contain an ISO 9660 or UDF file system.",
        rationale="An image from a truncated download or another format cannot be booted (IMG.0057).",
        source=REGISTER,
        remedy="upload the ISO file itself, complete and unpacked",
        evaluate=_disc_image,
    ),
    Rule(
        id="iso-bootable",
        kinds=(IsoImage,),
        description="An ISO file must have a boot record.",
        rationale="A server that boots an image without one finds no installer.",
        source='"El Torito" bootable CD-ROM format specification',
        remedy="use a bootable installation ISO",
        evaluate=_bootable,
        level="advisory",
    ),
    Rule(
        id="iso-boot-mode",
        kinds=(IsoImage,),
        description="The boot mode of an ISO image must be one that its file supports.",
        rationale="A server with another boot mode does not find the installer.",
        source=ATTRIBUTES,
        remedy="set hw_firmware_type to a boot mode of the file",
        evaluate=_boot_mode,
    ),
    Rule(
        id="iso-arm-boots-by-uefi",
        kinds=(IsoImage,),
        description="An ISO image for arm must boot with uefi.",
        rationale="Arm servers of the cloud have no bios.",
        source=ATTRIBUTES,
        remedy="set hw_firmware_type to uefi, or remove it",
        evaluate=_arm_boots_by_uefi,
    ),
    Rule(
        id="iso-min-disk",
        kinds=(IsoImage,),
        description="min_disk of an ISO image must be in the service's range.",
        rationale="The service rejects other values (IMG.0055). Its documents differ, so the widest range applies.",
        source=CREATE,
        remedy="set min_disk to a value in that range",
        evaluate=_min_disk,
        limits=(Limit("min_gib", GIB, 1), Limit("max_gib", GIB, 1024)),
    ),
)
