"""The ISO file, judged by what the provider has read of it, and how it is to be booted."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.rule import Inputs, IsoImage, Limit, Limits, Rule, plain
from preflight.media.iso_files import MAX_SIZE_GIB, size

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
        yield f"image_url {iso['image_url']!r} is in region {region}, allowed is {own}"


def _size(iso: Inputs, limits: Limits) -> Iterator[str]:
    found, most = _details(iso).get("size_bytes"), limits["max_gib"]
    if found is not None and found > most * 1024**3:
        yield f"image_url {iso['image_url']!r} has {size(int(found))}, allowed are at most {plain(most)} GiB"


def _storage_class(iso: Inputs, _limits: Limits) -> Iterator[str]:
    found = _details(iso).get("storage_class", "STANDARD")
    if found != "STANDARD":
        yield f"image_url {iso['image_url']!r} is of storage class {found}, allowed is STANDARD"


def _disc_image(iso: Inputs, _limits: Limits) -> Iterator[str]:
    if "formats" in _details(iso) and not _details(iso)["formats"]:
        yield f"image_url {iso['image_url']!r} holds neither an ISO 9660 nor a UDF file system"
    elif _details(iso).get("damage"):
        yield f"image_url {iso['image_url']!r} {_details(iso)['damage']}"


def _bootable(iso: Inputs, _limits: Limits) -> Iterator[str]:
    details = _details(iso)
    if details.get("formats") and not details.get("boots"):
        yield f"image_url {iso['image_url']!r} has no boot record that bios or uefi finds"


def _firmware(iso: Inputs) -> str:
    return str(iso.get("hw_firmware_type") or ("uefi" if iso.get("architecture") == "arm" else "bios"))


def _boot_mode(iso: Inputs, _limits: Limits) -> Iterator[str]:
    boots = list(_details(iso).get("boots") or [])
    if boots and _firmware(iso) not in boots:
        yield f"hw_firmware_type is {_firmware(iso)}, {iso['image_url']!r} boots by {' or '.join(boots)} only"


def _arm_boots_by_uefi(iso: Inputs, _limits: Limits) -> Iterator[str]:
    if iso.get("architecture") == "arm" and _firmware(iso) != "uefi":
        yield f"hw_firmware_type is {_firmware(iso)} for architecture arm, allowed is uefi"


def _min_disk(iso: Inputs, limits: Limits) -> Iterator[str]:
    least, most = int(limits["min_gib"]), int(limits["max_gib"])
    if not least <= iso["min_disk"] <= most:
        yield f"min_disk is {plain(iso['min_disk'])} GiB, allowed are {least} to {most} GiB"


RULES = (
    Rule(
        id="iso-object-name",
        kinds=(IsoImage,),
        description="The object of an ISO image ends in .iso.",
        rationale="The service tells the format of the file by its name.",
        source=REGISTER,
        remedy="rename the object, or correct image_url (<bucket>:<object>.iso)",
        judge=_is_iso,
    ),
    Rule(
        id="iso-bucket-region",
        kinds=(IsoImage,),
        description="The bucket of an ISO image is in the image's region.",
        rationale="The service reads buckets of its own region only (IMG.0058).",
        source=CREATE,
        remedy="copy the object to a bucket in that region, or build in the bucket's region",
        judge=_bucket_in_region,
    ),
    Rule(
        id="iso-size",
        kinds=(IsoImage,),
        description="An ISO file is not larger than the service takes.",
        rationale="The service refuses files above 128 GiB (IMG.0059).",
        source="IMS user guide, importing an image",
        remedy="use a smaller file, for example a network installer",
        judge=_size,
        limits=(Limit("max_gib", {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_SIZE_GIB}, MAX_SIZE_GIB),),
    ),
    Rule(
        id="iso-storage-class",
        kinds=(IsoImage,),
        description="An ISO file is of the Standard storage class.",
        rationale="The service cannot read others.",
        source="IMS user guide, uploading an image file",
        remedy="restore the object to the Standard storage class",
        judge=_storage_class,
    ),
    Rule(
        id="iso-disc-image",
        kinds=(IsoImage,),
        description="An ISO file holds an ISO 9660 or UDF file system.",
        rationale="A truncated download or a file of another format makes an image that nothing can boot (IMG.0057).",
        source=REGISTER,
        remedy="upload the ISO file itself, complete and unpacked",
        judge=_disc_image,
    ),
    Rule(
        id="iso-bootable",
        kinds=(IsoImage,),
        description="An ISO file has a boot record.",
        rationale="A server that boots an image without one finds nothing to install from.",
        source='"El Torito" bootable CD-ROM format specification',
        remedy="use a bootable installation ISO",
        judge=_bootable,
        level="advisory",
    ),
    Rule(
        id="iso-boot-mode",
        kinds=(IsoImage,),
        description="The boot mode of an ISO image is one that its file offers.",
        rationale="A server of another boot mode does not find the installer.",
        source=ATTRIBUTES,
        remedy="set hw_firmware_type to what the file offers",
        judge=_boot_mode,
    ),
    Rule(
        id="iso-arm-boots-by-uefi",
        kinds=(IsoImage,),
        description="An ISO image for arm boots by uefi.",
        rationale="The cloud's arm servers have no bios.",
        source=ATTRIBUTES,
        remedy="set hw_firmware_type to uefi, or leave it out",
        judge=_arm_boots_by_uefi,
    ),
    Rule(
        id="iso-min-disk",
        kinds=(IsoImage,),
        description="min_disk of an ISO image is in the service's range.",
        rationale="The service refuses others (IMG.0055); where its own documents differ, the widest range counts.",
        source=CREATE,
        remedy="set min_disk to a size in that range",
        judge=_min_disk,
        limits=(Limit("min_gib", GIB, 1), Limit("max_gib", GIB, 1024)),
    ),
)
