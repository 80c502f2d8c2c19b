"""Customisation of a vendor's ISO: a copy that installs itself by answers, the same bytes for the same inputs."""

import hashlib
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.answers.answer_files import READERS, Answers
from config.answers.first_disk import first_disk_warnings
from iso.build_errors import ToolMissing
from iso.commands import run
from iso.manifests import digest_of_sources, intact_manifest, sha256_of, write_manifest
from iso.vendor.boot_paths import ChangedPaths, change_boot_paths
from iso.vendor.growing import epoch_of, grow, require_space
from iso.vendor.installers import Additions, Installer, additions, identify
from iso.vendor.medium_errors import MediumRefused
from iso.vendor.medium_files import list_files, read_files
from iso.vendor.volume_descriptors import Volume, read_volume

SOURCES = Path(__file__).parents[1]
WITHOUT = ("files",)
"""Folders that the result does not depend on, except by the answers."""
TOOLS = {"xorriso": "xorriso", "mcopy": "mtools", "mdir": "mtools"}
CHECKSUMS = "/md5sum.txt"
MARKS = ("/answers.img", "/answers.ks", "/answers.xml", "/answers/user-data")


@dataclass(frozen=True)
class Customised:
    """ISO file with answers; `reused` if it was there already."""

    output: Path
    manifest: dict[str, object]
    reused: bool


def customise(
    iso: Path,
    answers: Answers,
    output: Path,
    parameters: tuple[str, ...] = (),
    report: Callable[[str], None] = lambda _line: None,
) -> Customised:
    """
    Write a copy of a vendor's ISO that installs itself by answers, unless `output` already is that copy.

    Args:
        iso: The vendor's file, which stays as it is.
        answers: Answers for the installer on it.
        output: File to write; its manifest is written to the same name with `.json` appended.
        parameters: Further words for the kernel command line of each boot path.
        report: Receiver of a line of text before each long step, and of warnings.

    Raises:
        IsoBuildError: The medium or the answers cannot be used; the message has the reason and the remedy.
    """
    require_tools()
    parameters = (*parameters, *answers.parameters)
    _check_parameters(parameters)
    if output.exists() and output.samefile(iso):
        raise MediumRefused(f"{output.name} is the vendor's file itself: choose another output.")
    medium = _identified(iso, answers)
    for warning in first_disk_warnings(answers):
        report(f"warning: {warning}")
    report(f"{medium.installer.product}: reading {medium.volume.size_bytes >> 20} MiB")
    inputs = _inputs(iso, answers, parameters)
    known = intact_manifest(output)
    if known.get("inputs") == inputs:
        return Customised(output, known, reused=True)
    added, changed = _changes(iso, medium, answers, parameters)
    contents = _contents(iso, medium.files, added, changed)
    manifest = _write(iso, medium.volume, output, contents, changed.patches, report)
    product = medium.installer.product
    facts: dict[str, object] = {"product": product, "answers": answers.kind, "entries": changed.entries}
    manifest |= facts | {"inputs": inputs}
    write_manifest(output, manifest)
    return Customised(output, manifest, reused=False)


def require_customisable(iso: Path, answers: Answers, parameters: tuple[str, ...] = ()) -> None:
    """
    Check that answers can be added to a vendor's ISO, without writing anything.

    Raises:
        IsoBuildError: The medium or the answers cannot be used; the message has the reason and the remedy.
    """
    require_tools()
    parameters = (*parameters, *answers.parameters)
    _check_parameters(parameters)
    _changes(iso, _identified(iso, answers), answers, parameters)


@dataclass(frozen=True)
class _Medium:
    volume: Volume
    files: frozenset[str]
    installer: Installer


def _identified(iso: Path, answers: Answers) -> _Medium:
    """Return a medium whose installer reads the answers."""
    volume, files = read_volume(iso), list_files(iso)
    installer = identify(files, lambda path: read_files(iso, [path])[path].decode("utf-8", "replace"), volume.label)
    _check_kind(installer, answers, files)
    return _Medium(volume, files, installer)


def _changes(
    iso: Path, medium: _Medium, answers: Answers, parameters: tuple[str, ...]
) -> tuple[Additions, ChangedPaths]:
    added = additions(answers, parameters)
    return added, change_boot_paths(iso, medium.volume, medium.files, added.change, epoch_of(medium.volume))


def _write(
    iso: Path,
    volume: Volume,
    output: Path,
    contents: dict[str, bytes],
    patches: dict[int, bytes],
    report: Callable[[str], None],
) -> dict[str, object]:
    output.parent.mkdir(parents=True, exist_ok=True)
    require_space(output.parent, volume.size_bytes)
    report("writing")
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".iso-") as directory:
        copy, work = Path(directory, "medium.iso"), Path(directory, "work")
        work.mkdir()
        shutil.copyfile(iso, copy)
        copy.chmod(0o600)  # answers hold password hashes
        grow(copy, volume, contents, work)
        with copy.open("r+b") as file:
            for offset, content in patches.items():
                file.seek(offset)
                file.write(content)
        measured: dict[str, object] = {"sha256": sha256_of(copy), "size_bytes": copy.stat().st_size}
        os.replace(copy, output)
    return measured


def _contents(iso: Path, files: frozenset[str], added: Additions, changed: ChangedPaths) -> dict[str, bytes]:
    """Return all contents to write, with the changed digests in the medium's own list, which a live system verifies."""
    contents = {**added.files, **changed.files}
    if CHECKSUMS not in files:
        return contents
    text = read_files(iso, [CHECKSUMS])[CHECKSUMS].decode("latin-1")

    def line(match: re.Match[str]) -> str:
        path = "/" + match[2].removeprefix("./")
        new = changed.files.get(path)
        return match[0] if new is None else f"{hashlib.md5(new, usedforsecurity=False).hexdigest()}{match[1]}{match[2]}"

    return contents | {CHECKSUMS: re.sub(r"(?m)^[0-9a-f]{32}(\s+\*?)(\S.*)$", line, text).encode("latin-1")}


def require_tools() -> None:
    """
    Check that the programs are installed.

    Raises:
        ToolMissing: Some are missing; the message names all of them and the packages to install.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        packages = " ".join(sorted({TOOLS[tool] for tool in missing}))
        raise ToolMissing(
            f"Adding answers to an ISO needs {', '.join(missing)}. Install {packages}: apt-get install {packages}, "
            f"dnf install {packages}, or zypper install {packages}."
        )


def _check_parameters(parameters: tuple[str, ...]) -> None:
    for word in parameters:
        if not re.fullmatch(r"[A-Za-z0-9_./:=,;@%+-]{1,200}", word):
            raise MediumRefused(f"The kernel parameter {word!r} contains a character that boot loaders interpret.")


def _check_kind(installer: Installer, answers: Answers, files: frozenset[str]) -> None:
    if installer.kind != answers.kind:
        raise MediumRefused(
            f"{answers.name} is for {READERS[answers.kind]}, but {installer.product} has {READERS[installer.kind]}, "
            f"which reads {installer.kind} answers."
        )
    if marks := sorted(files.intersection(MARKS)):
        raise MediumRefused(f"The medium already contains answers ({marks[0]}): start from the vendor's own file.")


def _inputs(iso: Path, answers: Answers, parameters: tuple[str, ...]) -> dict[str, object]:
    """Return everything that the bytes of the result depend on."""
    tools = {"xorriso": ["xorriso", "-version"], "mtools": ["mcopy", "--version"]}
    return {
        "iso_sha256": sha256_of(iso),
        "answers_sha256": answers.sha256,
        "parameters": list(parameters),
        "sources": digest_of_sources(SOURCES, WITHOUT),
        "tools": {name: _version(command) for name, command in tools.items()} | {"zlib": zlib.ZLIB_RUNTIME_VERSION},
    }


def _version(command: list[str]) -> str:
    lines = run(command).splitlines()
    return next((line.strip() for line in lines if re.search(r"\d+\.\d+\.\d+", line)), "")


def as_json(customised: Customised) -> str:
    """Return the manifest of a result, which holds no content of the answers."""
    return json.dumps(customised.manifest, indent=2)
