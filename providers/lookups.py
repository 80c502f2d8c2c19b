"""What stands behind a name in an input, resolved into the inputs at check(), so that policies can judge it at preview.

A fact of an unchanged input is taken from the old inputs, without a request. Where the cloud cannot be asked the fact
is left out, with a warning: the service judges at the create.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckFailure
from pulumi.output import contains_unknowns

from config.iso_location import IsoObject
from huaweicloud.errors import AuthenticationFailed, CloudError, ConfigurationError, CredentialsExpired, Unreachable
from preflight import flavor_requirements, volume_types
from preflight.os_versions import nearest
from providers.runtime import process
from providers.runtime.properties import Bag
from providers.shared_catalog import catalogue

if TYPE_CHECKING:
    from preflight.region_catalog import Catalogue

_lock = threading.Lock()
_told: set[str] = set()


@dataclass(frozen=True)
class Fact:
    """
    One fact.

    Attributes:
        name: the input that holds it.
        what: what it is about, for messages.
        follows_from: the inputs that it is looked up by.
        find: looks it up; an empty mapping where the cloud has no such thing.
    """

    name: str
    what: str
    follows_from: tuple[str, ...]
    find: Callable[["Catalogue", Bag], dict[str, Any]]


def resolve(facts: Sequence[Fact], olds: Bag, inputs: Bag) -> tuple[set[str], list[CheckFailure]]:
    """
    Put facts into the inputs.

    Args:
        facts: which.
        olds: the old inputs; empty at a create.
        inputs: the checked inputs, which are added to.

    Returns:
        The names of those that were looked up now, and a failure where the credentials do not suffice to look.
    """
    found: set[str] = set()
    for fact in facts:
        if contains_unknowns([inputs.get(key) for key in fact.follows_from]):
            continue
        if olds.get(fact.name) is not None and all(olds.get(key) == inputs.get(key) for key in fact.follows_from):
            inputs[fact.name] = olds[fact.name]
            continue
        try:
            inputs[fact.name] = fact.find(catalogue(inputs["region"]), inputs)
            found.add(fact.name)
        except CloudError as error:
            if is_permanent(error):
                return found, [CheckFailure("region", sentence(error))]
            warn_once(f"could not check {fact.what}: {error}")
    return found, []


def is_permanent(error: CloudError) -> bool:
    """Return true if no later attempt of the run can succeed: the credentials, the configuration or the connection."""
    if isinstance(error, Unreachable):
        return error.permanent
    return isinstance(error, AuthenticationFailed | CredentialsExpired | ConfigurationError)


def sentence(error: CloudError) -> str:
    """Return an error with its hint."""
    return f"{error}; {error.hint}" if error.hint else str(error)


def warn_once(message: str) -> None:
    """Show a warning that all resources of the process share."""
    with _lock:
        if message in _told:
            return
        _told.add(message)
    process.log(message, "warning")


def _flavor(known: "Catalogue", inputs: Bag) -> dict[str, Any]:
    flavor = known.flavors(inputs["availability_zone"]).get(inputs["flavor"])
    return flavor_requirements.facts(flavor, inputs["availability_zone"]) if flavor else {}


def _volume_types(known: "Catalogue", inputs: Bag) -> dict[str, Any]:
    return dict(volume_types.offers(known.volume_types().values(), inputs["availability_zone"]))


def _iso_image(known: "Catalogue", inputs: Bag) -> dict[str, Any]:
    image = known.image(inputs["iso_image_id"])
    if image is None:
        return {}
    return {
        "min_disk": image.min_disk,
        "architecture": image.architecture,
        "hw_firmware_type": image.hw_firmware_type,
        "status": image.status,
    }


def _source(known: "Catalogue", inputs: Bag) -> dict[str, Any]:
    bucket, key = IsoObject.parse(inputs["image_url"])
    region = known.bucket_region(bucket)
    file = known.iso_file(bucket, key) if region is not None else None
    if file is None:
        return {}
    disc = file.disc
    named = known.cloud.region == inputs["region"]
    return {
        **({} if named else {"region": known.cloud.region}),
        "bucket_region": region,
        "size_bytes": file.size_bytes,
        "storage_class": file.storage_class,
        "formats": list(disc.formats) if disc else [],
        "label": disc.label if disc else "",
        "boots": list(disc.boots) if disc else [],
        **({"damage": file.damage} if file.damage else {}),
    }


def _os_version(known: "Catalogue", inputs: Bag) -> dict[str, Any]:
    versions = known.os_versions()
    version = versions.get(inputs["os_version"])
    if version is None:
        return {"known": False, "nearest": nearest(inputs["os_version"], versions)}
    return {"known": True, "os_type": version.os_type, "platform": version.platform}


FLAVOR = Fact("flavor_details", "flavors", ("region", "availability_zone", "flavor"), _flavor)
VOLUME_TYPES = Fact("volume_types", "disk types", ("region", "availability_zone"), _volume_types)
ISO_IMAGE = Fact("iso_image_details", "the ISO image", ("region", "iso_image_id"), _iso_image)
SOURCE = Fact("source_details", "the ISO file", ("region", "image_url", "content"), _source)
OS_VERSION = Fact("os_version_details", "operating systems", ("region", "os_version"), _os_version)
