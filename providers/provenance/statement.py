"""
Statement of the provenance of an image: in-toto Statement v1 with the predicate SLSA provenance v1.

Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and https://slsa.dev/provenance/v1.

A statement is a canonical JSON text: the same facts give the same bytes. It is written once, when its image is
finished, and the state keeps it. No clock of this machine is read: times are those of the cloud.

An image of the cloud has no digest of its content that a user could read (IMS: `checksum` is unused). So the digest of
the subject is that of the image's identity, the canonical JSON text of its id and region. The service gives each id to
one image only, and never changes the content of a finished image. It binds the statement to the image, but it does not
prove the content: that is only as trustworthy as the cloud, and as the one who signs the statement.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from config.iso_file.iso_location import IsoObject
from providers.provenance.program_version import ProgramVersion

if TYPE_CHECKING:
    from providers.provenance.build_facts import BuildFacts

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:image-from-iso:iso-image-build:v1"
"""Template of the build: docs/how-to/provenance.md describes its parameters."""
BUILDER_ID = "urn:image-from-iso:builder:v1"
VERIFICATION = "imagefromiso_verification"
"""Extension field of `runDetails` with the result of the image's test."""
Statement = dict[str, Any]


def canonical(value: Any) -> str:
    """Return the canonical JSON text of a value: sorted keys, no spaces, no escapes that UTF-8 does not need."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(text: str) -> str:
    """Return the SHA-256 digest of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def tag_value(sha256: str) -> str:
    """Return a digest as the value of a tag: base64url without padding, 43 characters, all of which tags may have."""
    return base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def digest_of_tag(value: str) -> str:
    """Return the digest that the value of a tag stands for, as hexadecimal digits; "" if it is no digest."""
    try:
        found = base64.urlsafe_b64decode(f"{value}=").hex()
    except ValueError:
        return ""
    return found if tag_value(found) == value and len(found) == 64 else ""


def in_utc(moment: datetime | None) -> str | None:
    """Return a time as statements spell it, for example 2026-01-31T12:00:00Z; None for none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def identity(image_id: str, region: str) -> str:
    """Return the identity of an image, whose digest is that of the statement's subject."""
    return canonical({"image_id": image_id, "region": region, "service": "ims"})


def build_statement(
    image_id: str, region: str, finished_on: str | None, build_id: str, facts: BuildFacts, version: ProgramVersion
) -> str:
    """
    Return the statement of a finished image.

    Args:
        image_id: Id of the image.
        region: Id of its region.
        finished_on: Time at which it was finished (UTC, ISO 8601).
        build_id: Id of the build.
        facts: Facts of the build.
        version: Version of the program.
    """
    builder: dict[str, Any] = {"id": BUILDER_ID, "version": {"image-from-iso": version.version}}
    if version.commit:
        program = {"name": "image-from-iso", "digest": {"gitCommit": version.commit}}
        changed = {"annotations": {"modified": True}} if version.modified else {}
        builder["builderDependencies"] = [{**program, **changed}]
    times = {"startedOn": facts.started_on, "finishedOn": finished_on}
    found = {
        "_type": TYPE,
        "subject": [{"name": image_id, "digest": {"sha256": sha256_of(identity(image_id, region))}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"iso": facts.iso, "region": region, **_whole(facts.parameters)},
                "internalParameters": _known({"iso_image_id": facts.iso_image_id}),
                "resolvedDependencies": _dependencies(facts),
            },
            "runDetails": {
                "builder": builder,
                "metadata": {"invocationId": build_id, **_known(times)},
                "byproducts": _byproducts(facts),
            },
        },
    }
    return canonical(found)


def with_verification(statement: str, result: Mapping[str, Any], evidence: Sequence[Mapping[str, Any]]) -> str:
    """
    Return the statement of an image that has passed its test.

    Args:
        statement: Statement of its build.
        result: Result of the test.
        evidence: Files with the console and the screen, as byproducts.
    """
    found: Statement = json.loads(statement)
    details = found["predicate"]["runDetails"]
    details["byproducts"] = [*details["byproducts"], *evidence]
    details[VERIFICATION] = _known(result)
    return canonical(found)


def _byproducts(facts: BuildFacts) -> list[Mapping[str, Any]]:
    found = facts.bill_of_materials
    if not found:
        return []
    counted = {"packages": int(found["packages"])}
    media_type = "application/vnd.cyclonedx+json"
    digest = {"sha256": found["sha256"]}
    return [{"name": found["name"], "digest": digest, "mediaType": media_type, "annotations": counted}]


def _dependencies(facts: BuildFacts) -> list[Mapping[str, Any]]:
    """Return the files that the image was made of; one without a digest is no more than named."""
    bucket, key = IsoObject.parse(facts.iso)
    digests = {
        "iso": facts.iso_sha256,
        "vendor-iso": facts.vendor_iso_sha256,
        "answers": facts.answers_sha256,
    }
    found = {name: {"name": name, "digest": {"sha256": sha256}} for name, sha256 in digests.items() if sha256}
    seen = _known({"etag": facts.iso_etag, "size_bytes": facts.iso_size})
    iso: dict[str, Any] = {"name": "iso", "uri": f"obs://{bucket}/{quote(key)}", **found.get("iso", {})}
    found["iso"] = {**iso, **({"annotations": seen} if seen else {})}
    if facts.iso_url:
        downloaded = "vendor-iso" if "vendor-iso" in found else "iso"
        found[downloaded] = {**found[downloaded], "downloadLocation": facts.iso_url}
    return [found[name] for name in digests if name in found]


def _whole(value: Any) -> Any:
    """Return a value with whole numbers as such; the engine hands all numbers over as floating-point numbers."""
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
