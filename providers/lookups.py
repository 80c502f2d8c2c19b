"""
Look-ups of names in inputs (flavor, ISO file, OS version), made in check() so that policies can judge them at preview.

What was looked up for an unchanged input is taken from the old inputs, without a request. Where the cloud cannot be
read, it is left out with a warning: the service judges at create(). All checks of the process share one catalog for
each region, so that 200 builds request a list once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pulumi.dynamic import CheckFailure
from pulumi.output import UNKNOWN

from config.iso_file.iso_location import IsoObject
from huaweicloud.errors import AuthenticationFailed, CloudError, ConfigurationError, CredentialsExpired, Unreachable
from preflight import flavor_requirements, volume_types
from preflight.os_versions import nearest
from providers.runtime import clients, process
from providers.runtime.properties import Props, contains_unknowns

if TYPE_CHECKING:
    from preflight.region_catalog import RegionCatalog

ALTERNATIVES_SHOWN = 5

_lock = threading.Lock()
_catalogs: dict[str, RegionCatalog] = {}
_shown: set[str] = set()


class Lookup(NamedTuple):
    """
    Look-up of one input.

    Attributes:
        name: Name of the input that holds the result.
        subject: Subject of the look-up, for messages.
        depends_on: Names of the inputs that it depends on.
        find: Function that looks it up; returns an empty mapping if the cloud has no such thing.
    """

    name: str
    subject: str
    depends_on: tuple[str, ...]
    find: Callable[[RegionCatalog, Props], dict[str, Any]]


def catalog(region: str) -> RegionCatalog:
    """
    Return the catalog of a region, whose lists are requested at most once in a run.

    Raises:
        CredentialsMissing, UnknownRegion: The configuration does not suffice.
    """
    from preflight.region_catalog import RegionCatalog

    cloud = clients.cloud(region)
    with _lock:
        if region not in _catalogs or _catalogs[region].cloud is not cloud:
            _catalogs[region] = RegionCatalog(cloud)
        return _catalogs[region]


def resolve(lookups: Sequence[Lookup], old: Props, inputs: Props) -> tuple[set[str], list[CheckFailure]]:
    """
    Put the results of look-ups into the inputs.

    Args:
        lookups: Look-ups to make.
        old: Old inputs; empty at a create.
        inputs: Checked inputs, which are added to.

    Returns:
        The names of the inputs that were looked up now, and a failure if the credentials do not suffice.
    """
    resolved: set[str] = set()
    for lookup in lookups:
        if contains_unknowns([inputs.get(key) for key in lookup.depends_on]):
            inputs[lookup.name] = UNKNOWN  # an update plan would refuse an input that the preview has not announced
            continue
        if old.get(lookup.name) is not None and all(old.get(key) == inputs.get(key) for key in lookup.depends_on):
            inputs[lookup.name] = old[lookup.name]
            continue
        try:
            inputs[lookup.name] = lookup.find(catalog(inputs["region"]), inputs)
            resolved.add(lookup.name)
        except CloudError as error:
            if is_permanent(error):
                return resolved, [CheckFailure("region", error.with_hint())]
            warn_once(f"could not check {lookup.subject}: {error}")
    return resolved, []


def is_permanent(error: CloudError) -> bool:
    """Return True if no later attempt of the run can succeed: the credentials, the configuration or the connection."""
    if isinstance(error, Unreachable):
        return error.permanent
    return isinstance(error, AuthenticationFailed | CredentialsExpired | ConfigurationError)


def warn_once(message: str) -> None:
    """Show a warning once for all resources of the process."""
    with _lock:
        if message in _shown:
            return
        _shown.add(message)
    process.log(message, "warning")


def flavor_failures(server: Props) -> list[CheckFailure]:
    """
    Return a failure if a flavor cannot boot an ISO image, also if no policy pack and no preflight check it.

    Args:
        server: Inputs of a temporary server with `flavor_details`, which the cloud has just reported.
    """
    flavor, zone, details = server["flavor"], server["availability_zone"], server["flavor_details"]
    if not details:
        return [CheckFailure("flavor", f"{flavor!r} is not offered in {zone}{_alternatives(server)}")]
    mismatches = flavor_requirements.mismatches(details)
    if not mismatches:
        return []
    reasons = "; ".join(map(str, mismatches))
    return [CheckFailure("flavor", f"{flavor!r} cannot boot an ISO image: {reasons}{_alternatives(server)}")]


def missing_flavor(server: Props, key: str) -> list[CheckFailure]:
    """
    Return a failure if the zone does not offer a flavor that boots no ISO image, so that nothing else is required.

    Args:
        server: Inputs of a server with `flavor_details`, which the cloud has just reported.
        key: Setting that names the flavor.
    """
    if server["flavor_details"]:
        return []
    return [CheckFailure(key, f"{server['flavor']!r} is not offered in {server['availability_zone']}")]


def forget() -> None:
    """Forget catalogs and warnings, as a new process does."""
    with _lock:
        _catalogs.clear()
        _shown.clear()


def _alternatives(server: Props) -> str:
    zone = server["availability_zone"]
    suitable = flavor_requirements.alternatives(catalog(server["region"]).flavors(zone).values(), zone)
    return f"; suitable flavors: {', '.join(suitable[:ALTERNATIVES_SHOWN])}" if suitable else ""


def _flavor(known: RegionCatalog, inputs: Props) -> dict[str, Any]:
    flavor = known.flavors(inputs["availability_zone"]).get(inputs["flavor"])
    return flavor_requirements.facts(flavor, inputs["availability_zone"]) if flavor else {}


def _volume_types(known: RegionCatalog, inputs: Props) -> dict[str, Any]:
    return dict(volume_types.offers(known.volume_types().values(), inputs["availability_zone"]))


def _iso_image(known: RegionCatalog, inputs: Props) -> dict[str, Any]:
    image = known.image(inputs["iso_image_id"])
    if image is None:
        return {}
    return {
        "min_disk": image.min_disk,
        "architecture": image.architecture,
        "hw_firmware_type": image.hw_firmware_type,
        "status": image.status,
    }


def _source(known: RegionCatalog, inputs: Props) -> dict[str, Any]:
    bucket, key = IsoObject.parse(inputs["image_url"])
    region = known.bucket_region(bucket)
    file = known.iso_file(bucket, key) if region is not None else None
    if file is None:
        return {}
    disc = file.disc
    is_named_by_id = known.cloud.region == inputs["region"]
    return {
        **({} if is_named_by_id else {"region": known.cloud.region}),
        "bucket_region": region,
        "size_bytes": file.size_bytes,
        "storage_class": file.storage_class,
        "formats": list(disc.formats) if disc else [],
        "label": disc.label if disc else "",
        "boots": list(disc.boots) if disc else [],
        **({"damage": file.damage} if file.damage else {}),
    }


def _os_version(known: RegionCatalog, inputs: Props) -> dict[str, Any]:
    versions = known.os_versions()
    version = versions.get(inputs["os_version"])
    if version is None:
        return {"known": False, "nearest": nearest(inputs["os_version"], versions)}
    return {"known": True, "os_type": version.os_type, "platform": version.platform}


FLAVOR = Lookup("flavor_details", "flavors", ("region", "availability_zone", "flavor"), _flavor)
VOLUME_TYPES = Lookup("volume_types", "disk types", ("region", "availability_zone"), _volume_types)
ISO_IMAGE = Lookup("iso_image_details", "the ISO image", ("region", "iso_image_id"), _iso_image)
SOURCE = Lookup("source_details", "the ISO file", ("region", "image_url", "content"), _source)
OS_VERSION = Lookup("os_version_details", "operating systems", ("region", "os_version"), _os_version)
NAMES = frozenset(lookup.name for lookup in (FLAVOR, VOLUME_TYPES, ISO_IMAGE, SOURCE, OS_VERSION))
"""Names of the inputs that hold results of look-ups."""
