"""List of packages on the console of an installation, and the bill of materials that it becomes."""

import base64
import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from config.answers.profiles.finishing import PACKAGE_LIST
from providers.installation import diagnostic_files
from providers.provenance.bill_of_materials import bill_of_materials, purl
from providers.provenance.package_list import IncompleteList, Package, PackageList, package_list
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.provenance_schema import require_valid
from tests.providers.crashing import crash_at
from tests.providers.stack import Stack

DEBIAN = "deb debian 12\nbash\t5.2.15-2+b7\tamd64\nlibc6\t2.36-9+deb12u9\tamd64\nzlib1g\t1:1.2.13.dfsg-1\tamd64\n"


def printed(text: str, width: int = 64) -> list[str]:
    """Return the lines that a guest prints for a list."""
    content = gzip.compress(text.encode(), mtime=0)
    encoded = base64.b64encode(content).decode()
    parts = [encoded[start : start + width] for start in range(0, len(encoded), width)]
    begin = f"=packages begin {len(parts):04} {hashlib.sha256(content).hexdigest()}"
    return [begin, *(f"=packages {number:04} {part}" for number, part in enumerate(parts, 1)), "=packages end"]


def console(lines: list[str]) -> str:
    return "\r\n".join(["[    0.0] Linux version 6.1", *lines, "[   99.9] reboot: Power down", ""])


def with_packages(stack: Stack, lab: RunningLab, lines: list[str]) -> Stack:
    stack.settings = {"installation": {"package_list": True}}
    lab.change_settings(guest={"installer_says": lines})
    return stack


def test_a_complete_list_is_read_among_other_lines() -> None:
    lines = printed(DEBIAN, width=20)
    mixed = [line for each in lines for line in (each, "[   12.3] random: crng init done")]

    found = package_list(console(mixed))

    assert ("deb", "debian", "12") == found[:3]
    assert Package("zlib1g", "1:1.2.13.dfsg-1", "amd64") in found.packages
    assert 3 == len(found.packages)


def test_the_last_list_counts() -> None:
    other = printed("rpm rocky 9.4\nbash\t0:5.1.8-9.el9\tx86_64\n")

    assert "rocky" == package_list(console([*printed(DEBIAN), *other])).distribution


def test_a_line_that_is_damaged_in_one_copy_is_taken_from_another() -> None:
    """Debian's installer draws its screens on the same console."""
    lines = printed(DEBIAN, width=20)
    drawn = f"=pac\x1b[11;40HInstalled bash (amd64)\x1b[36D{lines[1][20:]}"
    copies = [lines[0], drawn, *lines[2:], *lines[:2], lines[2][:-5], *lines[3:-1]]

    assert 3 == len(package_list(console(copies)).packages)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: [], "shows no list"),
        (lambda lines: lines[1:], "shows no list"),
        (lambda lines: lines[:-1], "has no end"),
        (lambda lines: [*lines[:1], *lines[2:]], "1 of "),
        (lambda lines: [lines[0], lines[1][:-3] + "xyz", *lines[2:]], "damaged|another digest"),
        (lambda lines: [lines[0], f"[ 1.0] {lines[1]}", *lines[2:]], "1 of "),
        (lambda lines: [lines[0][:-64] + "0" * 64, *lines[1:]], "another digest"),
        (lambda lines: [lines[0].replace(" begin 0", " begin 9"), *lines[1:]], "are missing"),
        (lambda lines: ["=packages begin 999999 " + "0" * 64, "=packages end"], "has 999999 lines"),
    ],
)
def test_a_list_that_is_not_complete_is_refused(change: object, reason: str) -> None:
    lines = change(printed(DEBIAN, width=20))  # type: ignore[operator]

    with pytest.raises(IncompleteList, match=reason):
        package_list(console(lines))


@pytest.mark.parametrize(
    "text",
    [
        "deb debian 12\nbash; rm -rf /\t1\tamd64\n",
        "deb debian 12\nbash\t1\n",
        "deb debian 12\nbash\t1\tamd64\tmore\n",
        "deb debian 12\n../../etc/passwd\t1\tamd64\n",
        "deb debian 12\nbash\t\x1b[31m1\tamd64\n",
        "deb debian 12\nbash\t1?arch=x#y\tamd64\n",
        'deb debian 12\nbash\t1","x":"\tamd64\n',
        f"deb debian 12\n{'a' * 1000}\t1\tamd64\n",
        "deb de/bian 12\nbash\t1\tamd64\n",
        "apk alpine 3\nbash\t1\tx86_64\n",
        "deb debian 12\n",
        "",
    ],
)
def test_hostile_and_empty_lists_are_refused_without_their_text(text: str) -> None:
    with pytest.raises(IncompleteList) as found:
        package_list(console(printed(text)))

    assert "\x1b" not in str(found.value)
    assert "rm -rf" not in str(found.value)
    assert len(str(found.value)) < 200


def test_a_list_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(IncompleteList, match="too large"):
        package_list(console(printed("deb debian 12\n" + "a" * 9_000_000)))


def test_packages_have_urls_that_scanners_know() -> None:
    debian = PackageList("deb", "debian", "12", ())
    rocky = PackageList("rpm", "openEuler", "24.03", ())

    assert "pkg:deb/debian/g%2B%2B@4:12.2.0-3?arch=amd64&distro=debian-12" == purl(
        debian, Package("g++", "4:12.2.0-3", "amd64")
    )
    assert "pkg:rpm/openeuler/bash@5.1.8-9.el9?arch=x86_64&distro=openEuler-24.03" == purl(
        rocky, Package("bash", "0:5.1.8-9.el9", "x86_64")
    )
    assert "pkg:rpm/openeuler/shadow@4.9-8?arch=x86_64&distro=openEuler-24.03&epoch=2" == purl(
        rocky, Package("shadow", "2:4.9-8", "x86_64")
    )


def test_a_key_of_rpm_is_no_package() -> None:
    text = "rpm rocky 9.4\nbash\t0:5.1.8-9.el9\tx86_64\ngpg-pubkey\t0:350d275d-6279464b\t(none)\n"

    assert ("bash",) == tuple(package.name for package in package_list(console(printed(text))).packages)


def test_a_bill_of_materials_is_the_same_every_time() -> None:
    found = package_list(console(printed(DEBIAN)))

    text = bill_of_materials(found, "0123456789abcdef", "2026-01-31T12:00:00Z")

    body = json.loads(text)
    assert text == bill_of_materials(found, "0123456789abcdef", "2026-01-31T12:00:00Z")
    assert ("CycloneDX", "1.5", 1) == (body["bomFormat"], body["specVersion"], body["version"])
    assert {"bash", "libc6", "zlib1g"} == {component["name"] for component in body["components"]}
    assert len({component["bom-ref"] for component in body["components"]}) == 3


def test_the_script_of_the_profiles_prints_a_complete_list(tmp_path: Path) -> None:
    """The packages of this machine stand for those of the new system."""
    port = tmp_path / "port"
    script = PACKAGE_LIST.replace("/dev/ttyS0 /dev/ttyAMA0", str(port)).replace("test -c", "test -e")
    port.write_text("")

    done = subprocess.run(["sh", "-c", f"set -eu\n{script}"], capture_output=True, timeout=60, check=False)

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)
    found = package_list(port.read_text())
    assert found.kind in ("deb", "rpm")
    assert len(found.packages) > 10


def test_the_script_of_the_profiles_never_fails(tmp_path: Path) -> None:
    script = PACKAGE_LIST.replace("/dev/ttyS0 /dev/ttyAMA0", str(tmp_path / "missing"))

    done = subprocess.run(["/bin/sh", "-c", f"set -eu\n{script}"], env={"PATH": ""}, timeout=60, check=False)

    assert 0 == done.returncode


def test_an_installation_that_prints_its_packages_has_a_bill_of_materials(stack: Stack, lab: RunningLab) -> None:
    with_packages(stack, lab, printed(DEBIAN)).up()

    name = f"packages-{stack['identity'].id}.cdx.json"
    content = (diagnostic_files.folder() / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert {"name": name, "sha256": digest, "packages": 3} == stack["installation"]["packages"]
    (byproduct,) = require_valid(stack["image"]["provenance"])["predicate"]["runDetails"]["byproducts"]
    assert (name, digest) == (byproduct["name"], byproduct["digest"]["sha256"])
    assert [] == stack.repaired()


def test_a_partial_list_is_not_stored(stack: Stack, lab: RunningLab, messages: list[str], cloud: CloudView) -> None:
    with_packages(stack, lab, printed(DEBIAN)[1:]).up()

    assert "packages" not in stack["installation"].outputs
    assert [] == list(diagnostic_files.folder().glob("packages-*"))
    assert [] == require_valid(stack["image"]["provenance"])["predicate"]["runDetails"]["byproducts"]
    assert any("shows no list of packages; the build has no bill of materials" in message for message in messages)
    assert (2, 0, 0) == cloud.everything()


def test_a_console_that_cannot_be_read_does_not_end_the_build(
    stack: Stack, lab: RunningLab, messages: list[str]
) -> None:
    lab.fault("status", path="console-output", status=403, times=1000)

    with_packages(stack, lab, printed(DEBIAN)).up()

    assert "packages" not in stack["installation"].outputs
    assert any("the build has no bill of materials" in message for message in messages)


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_run_that_dies_with_the_console_reads_it_again(stack: Stack, lab: RunningLab, phase: object) -> None:
    with_packages(stack, lab, printed(DEBIAN)).up()
    expected = stack["installation"]["packages"]["packages"]
    stack.settings["rebuild"] = "2"
    with crash_at(12, phase, "GET"):  # type: ignore[arg-type]
        stack.up()
    lab.wait_for_jobs()

    stack.up()

    assert expected == stack["installation"]["packages"]["packages"]
    assert (diagnostic_files.folder() / stack["installation"]["packages"]["name"]).exists()


def test_other_builds_read_no_console(stack: Stack, lab: RunningLab) -> None:
    stack.up()

    assert not [entry for entry in lab.journal() if entry["path"].endswith("console-output")]
