"""Shared libraries that a 64-bit x86 program needs, read from the program itself."""

import struct
from pathlib import Path

from iso.build_errors import IsoBuildError

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NULL, DT_NEEDED, DT_STRTAB = 0, 1, 5
LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64")


def library_closure(root: Path, programs: list[str]) -> dict[str, Path]:
    """
    Return all files that programs need to run: themselves, their loader and libraries.

    Args:
        root: Folder that packages were unpacked into.
        programs: Paths in it.

    Returns:
        Files by their path in the target system.
    """
    found: dict[str, Path] = {}
    waiting = list(programs)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = root / path
            interpreter, libraries = needs((root / path).read_bytes())
            waiting += [_locate(root, library) for library in libraries]
            waiting += [interpreter.lstrip("/")] if interpreter else []
    return found


def needs(program: bytes) -> tuple[str, list[str]]:
    """Return the loader (empty for a library) and the library names that an ELF file requires."""
    headers = _program_headers(program)
    loads = [header for header in headers if header[0] == PT_LOAD]
    interpreter = "".join(_text(program, header[2]) for header in headers if header[0] == PT_INTERP)
    dynamic = [entry for header in headers if header[0] == PT_DYNAMIC for entry in _dynamic(program, header)]
    strings = next((_file_offset(value, loads) for tag, value in dynamic if tag == DT_STRTAB), 0)
    return interpreter, [_text(program, strings + value) for tag, value in dynamic if tag == DT_NEEDED]


def _program_headers(program: bytes) -> list[tuple[int, int, int, int, int, int, int, int]]:
    """
    Return the program headers.

    Each consists of type, flags, file offset, virtual address, physical address, file size, memory size, alignment.
    """
    if program[:6] != b"\x7fELF\x02\x01":
        raise IsoBuildError("A program of the distribution's packages is not a 64-bit ELF file.")
    (start,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    return [struct.unpack_from("<IIQQQQQQ", program, start + index * size) for index in range(count)]


def _dynamic(program: bytes, header: tuple[int, ...]) -> list[tuple[int, int]]:
    entries: list[tuple[int, int]] = []
    for tag, value in struct.iter_unpack("<qQ", program[header[2] : header[2] + header[5]]):
        if tag == DT_NULL:
            break
        entries.append((tag, value))
    return entries


def _file_offset(address: int, loads: list[tuple[int, int, int, int, int, int, int, int]]) -> int:
    return next(load[2] + address - load[3] for load in loads if load[3] <= address < load[3] + load[5])


def _text(program: bytes, offset: int) -> str:
    return program[offset : program.index(b"\0", offset)].decode()


def _locate(root: Path, library: str) -> str:
    for folder in LIBRARY_FOLDERS:
        if (root / folder / library).exists():
            return f"{folder}/{library}"
    raise IsoBuildError(f"The library {library} is in none of the unpacked packages.")
