"""Disks that are empty, cut off or damaged: the inspection ends soon, with a finding and no error."""

import json
import random
import time
from pathlib import Path

import pytest

from lab.inspection.disk.limits import Budget
from lab.inspection.inspection_table import rendered
from tests.lab.inspection.guest_disks import (
    IMAGE,
    LONGEST_S,
    MIB,
    inspected,
    partition,
    rules,
    run,
    to_qcow2,
)

DAMAGES = 100


def blank(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("size", [0, 1, 511, 512, 4096, 64 * MIB])
def test_an_empty_disk_is_found(tmp_path: Path, size: int) -> None:
    assert {"disk-empty": "error"} == rules(inspected(blank(tmp_path / "disk", size)))


def test_an_empty_qcow2_disk_of_the_largest_size_is_found_at_once(tmp_path: Path) -> None:
    run("qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "disk", "32T")

    assert {"disk-empty": "error"} == rules(inspected(tmp_path / "disk", budget=Budget(seconds=LONGEST_S)))


def test_an_empty_partition_table_holds_no_system(tmp_path: Path) -> None:
    partition(tmp_path / "disk", "label: gpt\nsize=2048\nsize=4096\n")

    assert {"no-bios-loader": "error", "no-system": "error"} == rules(inspected(tmp_path / "disk"))


@pytest.mark.parametrize("part", [0.999, 0.7, 0.3, 0.01])
def test_a_disk_that_is_cut_off_is_found(good_disk: Path, tmp_path: Path, part: float) -> None:
    content = good_disk.read_bytes()
    (tmp_path / "disk").write_bytes(content[: int(len(content) * part)])

    found = rules(inspected(tmp_path / "disk"))

    assert "error" in found.values()
    assert {"partition-table", "disk-truncated", "file-system-damaged"} & set(found)


@pytest.mark.parametrize("part", [0.9, 0.5, 0.1, 0.01])
def test_a_qcow2_file_that_is_cut_off_is_found(good_disk: Path, tmp_path: Path, part: float) -> None:
    whole = to_qcow2(good_disk).read_bytes()
    (tmp_path / "disk").write_bytes(whole[: int(len(whole) * part)])

    assert {"disk-truncated", "image-file-damaged"} & set(rules(inspected(tmp_path / "disk")))


@pytest.mark.parametrize("length", [4, 50, 111])
def test_a_qcow2_file_that_ends_in_its_header_is_found(good_disk: Path, tmp_path: Path, length: int) -> None:
    (tmp_path / "disk").write_bytes(to_qcow2(good_disk).read_bytes()[:length])

    assert "error" in rules(inspected(tmp_path / "disk")).values()


def random_damage(source: random.Random) -> list[tuple[int, bytes]]:
    """Return places and values of damage, at the beginnings of the disk and of its file systems, where it matters."""
    damage = []
    for _ in range(source.randrange(1, 40)):
        start, size = source.choice([(0, 34 * 512), (4096 * 512, 40_000), (20480 * 512, 6 * MIB)])
        value = source.choice([b"\0" * 8, b"\xff" * 8, source.randbytes(1), source.randbytes(8), b"\0\0\0\x01"])
        damage.append((start + source.randrange(size), value))
    return damage


@pytest.mark.parametrize("form", ["raw", "qcow2"])
def test_random_damage_never_ends_an_inspection_early_or_late(good_disk: Path, tmp_path: Path, form: str) -> None:
    path = good_disk if form == "raw" else to_qcow2(good_disk)
    original, source = path.read_bytes(), random.Random(4711)
    disk = tmp_path / "disk"
    disk.write_bytes(original)
    for number in range(DAMAGES):
        damage = random_damage(source) if form == "raw" else random_qcow2_damage(source, len(original))
        patch(disk, damage)
        begin = time.monotonic()

        inspection = inspected(disk, source.choice(["bios", "uefi"]), Budget(seconds=LONGEST_S))

        assert time.monotonic() - begin < LONGEST_S, number
        assert json.dumps(inspection.as_json())
        assert rendered(IMAGE, inspection.as_json(), 100)
        patch(disk, [(at, original[at : at + len(value)]) for at, value in damage])


def random_qcow2_damage(source: random.Random, size: int) -> list[tuple[int, bytes]]:
    """Return places and values of damage in the header, in the tables, and anywhere else."""
    places = [source.randrange(4, 112), *(source.randrange(size - 8) for _ in range(20))]
    tables = [source.randrange(65536, 5 * 65536) & ~7 for _ in range(5)]
    return [(at, source.randbytes(8)) for at in (*places[source.randrange(2) :], *tables)]


def patch(path: Path, changes: list[tuple[int, bytes]]) -> None:
    with path.open("r+b") as file:
        for at, value in changes:
            file.seek(at)
            file.write(value)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_disk(tmp_path: Path, seed: int) -> None:
    noise = bytearray(random.Random(seed).randbytes(2 * MIB))
    noise[510:512] = b"\x55\xaa"
    noise[512:520] = b"EFI PART"
    (tmp_path / "disk").write_bytes(noise)

    assert "error" in rules(inspected(tmp_path / "disk")).values()
