"""
Schemas of in-toto Statement v1 and SLSA provenance v1, from their documents.

Source: https://github.com/in-toto/attestation/tree/main/spec/v1, https://slsa.dev/spec/v1.1/provenance.
"""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

DESCRIPTOR = {"name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"}
HEX = re.compile(r"[0-9a-f]+")


def require_valid(text: str) -> dict[str, Any]:
    """Return the statement in a text, which must follow both documents and have no field that they do not know."""
    found: dict[str, Any] = json.loads(text)
    assert {"_type", "subject", "predicateType", "predicate"} == {*found}
    assert ("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1") == (
        found["_type"],
        found["predicateType"],
    )
    assert found["subject"]
    for subject in found["subject"]:
        assert _is_descriptor(subject)
        assert subject["digest"]
    predicate = found["predicate"]
    assert {"buildDefinition", "runDetails"} == {*predicate}
    _require_definition(predicate["buildDefinition"])
    _require_details(predicate["runDetails"])
    return found


def _require_definition(definition: dict[str, Any]) -> None:
    assert {"buildType", "externalParameters", "internalParameters", "resolvedDependencies"} == {*definition}
    assert urlsplit(definition["buildType"]).scheme
    external, internal = definition["externalParameters"], definition["internalParameters"]
    assert external
    assert not {*external} & {*internal}
    assert all(_is_descriptor(dependency) for dependency in definition["resolvedDependencies"])


def _require_details(details: dict[str, Any]) -> None:
    fields = {"builder", "metadata", "byproducts"}
    extensions = {*details} - fields
    assert fields <= {*details}
    assert all(re.fullmatch(r"[a-z]+_[A-Za-z]+", extension) for extension in extensions)
    builder = details["builder"]
    assert {"id", "version"} <= {*builder} <= {"id", "version", "builderDependencies"}
    assert urlsplit(builder["id"]).scheme
    assert all(isinstance(version, str) and version for version in builder["version"].values())
    assert all(_is_descriptor(dependency) for dependency in builder.get("builderDependencies", ()))
    assert all(_is_descriptor(byproduct) for byproduct in details["byproducts"])
    metadata = details["metadata"]
    assert {"invocationId", "startedOn", "finishedOn"} == {*metadata}
    started, finished = (datetime.fromisoformat(metadata[key]) for key in ("startedOn", "finishedOn"))
    assert metadata["startedOn"].endswith("Z")
    assert started <= finished


def _is_descriptor(value: dict[str, Any]) -> bool:
    """Return True for a ResourceDescriptor, which has one of three fields at least."""
    digests = value.get("digest", {"sha256": "0"})
    is_hex = bool(digests) and all(HEX.fullmatch(digest) for digest in digests.values())
    return {*value} <= DESCRIPTOR and bool({"uri", "digest", "content"} & {*value}) and is_hex
