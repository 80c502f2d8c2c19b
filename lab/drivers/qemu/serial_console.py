"""Serial console of a machine, kept in a file of bounded size."""

import os
from pathlib import Path

KEPT_BYTES = 1 << 20
MAX_BYTES = 16 << 20


def read_console(path: Path, lines: int | None) -> str:
    """Return the text of a console: at most its last MiB, or its last ``lines`` lines."""
    text = _tail(path).decode(errors="replace").replace("\r", "")
    if lines is None:
        return text
    return "".join(text.splitlines(keepends=True)[-lines:]) if lines > 0 else ""


def bound_console(path: Path) -> None:
    """
    Drop all but the end of a console that has become too long.

    QEMU appends to the file, so it continues at the new end.
    """
    if path.exists() and path.stat().st_size > MAX_BYTES:
        kept = _tail(path)
        os.truncate(path, 0)
        with path.open("ab") as file:
            file.write(kept)


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - KEPT_BYTES, 0))
            return file.read(KEPT_BYTES)
    except OSError:
        return b""
