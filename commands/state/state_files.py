"""Files of a stack's state in a folder, which a full disk leaves empty or cut off, and the way back to good ones.

Pulumi keeps the state before the last change beside it (`<stack>.json.bak`) and a copy of each finished run
(`.pulumi/history`, `.pulumi/backups`). Of each file a companion `.attrs` holds attributes; without one it is good.
"""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from commands.state import locks
from commands.state.lock_records import LockFolder
from toolchain.paths import ROOT
from toolchain.steps import SetupError

LAYOUT_VERSION = 1  # of .pulumi/meta.yaml: stacks are kept by project


@dataclass(frozen=True)
class StateFolder:
    """
    The files of one stack.

    Attributes:
        root: The folder `.pulumi` of the backend.
        project: Name of the project.
        stack: Name of the stack.
    """

    root: Path
    project: str
    stack: str

    @classmethod
    def of(cls, folder: LockFolder) -> "StateFolder":
        """Return the folder of the stack whose locks are given."""
        return cls(folder.backend / ".pulumi", folder.project, folder.stack)

    @property
    def meta(self) -> Path:
        """The file that holds the version of the layout."""
        return self.root / "meta.yaml"

    @property
    def file(self) -> Path:
        """The stack's state; it may be absent."""
        plain = self.root / "stacks" / self.project / f"{self.stack}.json"
        packed = plain.with_name(f"{plain.name}.gz")
        return packed if packed.exists() and not plain.exists() else plain

    def earlier(self) -> Iterator[Path]:
        """Yield files with earlier states, the newest first."""
        yield self.file.with_name(f"{self.file.name}.bak")
        copies: list[Path] = []
        for folder, pattern in (("history", "*.checkpoint.json*"), ("backups", "*.json*")):
            copies += (self.root / folder / self.project / self.stack).glob(f"{self.stack}[-.]{pattern}")
        finished = [path for path in copies if path.suffix in (".json", ".gz")]
        yield from sorted(finished, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def damage(files: StateFolder) -> list[str]:
    """Return sentences on the files that Pulumi cannot read; none for a stack that does not exist yet."""
    found = []
    if files.meta.exists() and not _is_meta(files.meta):
        found.append(f"{files.meta} {_state(files.meta)}")
    if files.file.exists() and resources(files.file) is None:
        found.append(f"{files.file} {_state(files.file)}")
    found += [f"{path} {_state(path)}" for path in _damaged_attributes(files)]
    return found


def require_sound(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> None:
    """Check the files of a stack's state before Pulumi stumbles over them.

    Args:
        stack: Name of the stack.
        environment: The environment of Pulumi commands.
        program: Folder of the project.

    Raises:
        SetupError: One is damaged; the message has the way back.
    """
    _remove_damaged_selections(environment)
    folder = locks.lock_folder(stack, environment, program)
    found = damage(StateFolder.of(folder)) if folder else []
    if not found or not folder:
        return
    lines = [f"the state of the stack {stack} is damaged, most likely because the disk was full:"]
    lines += [f"  {sentence}" for sentence in found]
    source = _source(StateFolder.of(folder))
    options = "" if program == ROOT else f" ARGS='--program {program}'"
    if source is None:
        advice = "There is no good copy of it. Put one of your own in its place; see docs/how-to/recovery.md."
    else:
        advice = (
            f"Make room on the disk, then put back {_told(source)} with `make restore STACK={stack}{options}`,"
            " and run `make refresh` and `make up`: what is not recorded there is found by its tags."
        )
    raise SetupError("\n".join([*lines, advice]))


def restore(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> list[str]:
    """Put good files in the place of damaged ones, which are kept under another name.

    Args:
        stack: Name of the stack.
        environment: The environment of Pulumi commands.
        program: Folder of the project.

    Returns:
        Sentences on the work done.

    Raises:
        SetupError: There is no good file, or the state is kept elsewhere.
    """
    folder = locks.lock_folder(stack, environment, program)
    if folder is None:
        raise SetupError("the state is not kept in a folder; its store has to bring back an earlier version")
    files, done = StateFolder.of(folder), []
    for path in _damaged_attributes(files):
        path.unlink()
        done.append(f"removed {path}")
    if files.meta.exists() and not _is_meta(files.meta):
        _replace(files.meta, f"version: {LAYOUT_VERSION}\n".encode())
        done.append(f"wrote {files.meta}")
    if files.file.exists() and resources(files.file) is None:
        source = _source(files)
        if source is None:
            raise SetupError(f"there is no good copy of {files.file}; see docs/how-to/recovery.md")
        _replace(files.file, _content_for(files.file, source))
        done.append(f"put back {_told(source)}")
    return done


def resources(path: Path) -> int | None:
    """Return the number of resources in a file with a state, or None if it is damaged."""
    try:
        told = json.loads(_unpacked(path))
        found = (told["checkpoint"].get("latest") or {}).get("resources") or []
        return len(found) if isinstance(told["version"], int) else None
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _source(files: StateFolder) -> Path | None:
    return next((path for path in files.earlier() if path.exists() and resources(path) is not None), None)


def _told(path: Path) -> str:
    count = resources(path)
    when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return f"{path} of {when:%Y-%m-%d %H:%M:%S} UTC ({count} {'resource' if count == 1 else 'resources'})"


def _state(path: Path) -> str:
    size = path.stat().st_size
    return "is empty" if size == 0 else f"is not whole ({size} bytes)"


def _is_meta(path: Path) -> bool:
    try:
        told: Any = yaml.safe_load(path.read_text())
        return isinstance(told["version"], int)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return False


def _damaged_attributes(files: StateFolder) -> list[Path]:
    owners = (files.meta, files.file, files.file.with_name(f"{files.file.name}.bak"))
    return [path for owner in owners if (path := Path(f"{owner}.attrs")).exists() and not _is_json_object(path)]


def _remove_damaged_selections(environment: Mapping[str, str]) -> None:
    """Remove damaged settings of Pulumi's workspaces: they hold the selected stack only, and `make` selects it."""
    home = environment.get("PULUMI_HOME")
    for path in Path(home, "workspaces").glob("*-workspace.json") if home else ():
        if not _is_json_object(path):
            path.unlink(missing_ok=True)


def _is_json_object(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _content_for(target: Path, source: Path) -> bytes:
    content = _unpacked(source)
    return gzip.compress(content) if target.suffix == ".gz" else content


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is whole at any time; the damaged one stays beside it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path, path.with_name(f"{path.name}.damaged"))
        os.replace(unfinished, path)
    except OSError as error:
        raise SetupError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
