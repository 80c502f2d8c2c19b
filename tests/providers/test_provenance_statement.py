"""Statement of provenance: its form, its digest, the sources that it names, and the version of the program."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin.package import VERSION
from providers.provenance import program_version, statement
from providers.provenance.build_facts import BuildFacts, public_url
from providers.provenance.program_version import ProgramVersion
from tests.provenance_schema import require_valid

TIMES = {"startedOn": "2026-01-31T12:00:00Z", "finishedOn": "2026-01-31T12:30:00Z"}


def built(**facts: Any) -> str:
    known = {"started_on": TIMES["startedOn"], "iso": "images:debian 12.iso", **facts}
    version = ProgramVersion("0.1.0", "0" * 40, modified=True)
    return statement.build_statement("i-1", "r-1", TIMES["finishedOn"], "b-1", BuildFacts(**known), version)


def test_a_statement_is_an_in_toto_statement_of_slsa_provenance() -> None:
    found = require_valid(built(iso_sha256="ab" * 32, iso_etag="e", iso_size=7, iso_image_id="x"))

    predicate = found["predicate"]
    identity = '{"image_id":"i-1","region":"r-1","service":"ims"}'
    assert hashlib.sha256(identity.encode()).hexdigest() == found["subject"][0]["digest"]["sha256"]
    assert {"invocationId": "b-1", **TIMES} == predicate["runDetails"]["metadata"]
    (iso,) = predicate["buildDefinition"]["resolvedDependencies"]
    assert ("iso", "obs://images/debian%2012.iso", {"sha256": "ab" * 32}) == (iso["name"], iso["uri"], iso["digest"])
    assert {"etag": "e", "size_bytes": 7} == iso["annotations"]
    (program,) = predicate["runDetails"]["builder"]["builderDependencies"]
    assert {"gitCommit": "0" * 40} == program["digest"]
    assert {"modified": True} == program["annotations"]


def test_an_iso_file_without_a_digest_is_only_named() -> None:
    (iso,) = require_valid(built())["predicate"]["buildDefinition"]["resolvedDependencies"]

    assert {"name": "iso", "uri": "obs://images/debian%2012.iso"} == iso


def test_answers_and_the_vendors_file_are_dependencies_of_their_own() -> None:
    text = built(
        iso_sha256="aa" * 32, vendor_iso_sha256="bb" * 32, answers_sha256="cc" * 32, iso_url="https://v.example/d.iso"
    )

    found = {
        entry["name"]: entry for entry in require_valid(text)["predicate"]["buildDefinition"]["resolvedDependencies"]
    }

    assert {"sha256": "bb" * 32} == found["vendor-iso"]["digest"]
    assert {"sha256": "cc" * 32} == found["answers"]["digest"]
    assert "https://v.example/d.iso" == found["vendor-iso"]["downloadLocation"]
    assert "downloadLocation" not in found["iso"]


def test_a_statement_is_canonical() -> None:
    text = built(parameters={"os_version": "Debian GNU/Linux 12 ü", "flavor": "s6"})

    again = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text == again
    assert text == built(parameters={"flavor": "s6", "os_version": "Debian GNU/Linux 12 ü"})


def test_numbers_are_whole_as_in_the_settings() -> None:
    external = require_valid(built(parameters={"min_disk": 10.0, "data_volume": {"size": 40.0}}))["predicate"][
        "buildDefinition"
    ]["externalParameters"]

    assert '{"data_volume":{"size":40},"iso":"images:debian 12.iso","min_disk":10,"region":"r-1"}' == (
        statement.canonical(external)
    )


def test_a_digest_fits_the_value_of_a_tag() -> None:
    for number in range(64):
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        value = statement.tag_value(sha256)

        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
        assert sha256 == statement.digest_of_tag(value)
    assert ["", "", ""] == [statement.digest_of_tag(value) for value in ("", "x", "é" * 43)]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://user:secret@vendor.example:8443/d.iso?token=secret#x", "https://vendor.example:8443/d.iso"),
        ("/home/someone/Downloads/d.iso", None),
        ("~/d.iso", None),
        (None, None),
    ],
)
def test_a_source_is_named_without_a_login_or_a_path(source: str | None, shown: str | None) -> None:
    assert shown == public_url(source)


def test_the_version_is_that_of_the_package() -> None:
    assert VERSION == program_version.VERSION


def test_the_commit_is_that_of_a_clone_only(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_text("1")
    assert ProgramVersion(VERSION) == program_version.program_version(tmp_path)
    program_version.program_version.cache_clear()
    git("init")
    (tmp_path / "Pulumi.lab.yaml").write_text("1")
    git("add", "file", "Pulumi.lab.yaml")
    git("commit", "-m", "first")

    found = program_version.program_version(tmp_path)
    program_version.program_version.cache_clear()
    (tmp_path / "Pulumi.lab.yaml").write_text("2")
    assert found == program_version.program_version(tmp_path)
    program_version.program_version.cache_clear()
    (tmp_path / "file").write_text("2")
    changed = program_version.program_version(tmp_path)

    assert re.fullmatch(r"[0-9a-f]{40}", found.commit)
    assert not found.modified
    assert changed == found._replace(modified=True)
    assert ProgramVersion(VERSION) == program_version.program_version(tmp_path / "inner")
    program_version.program_version.cache_clear()
