"""The lab on a full disk: it refuses changes with a sentence, keeps its data, and continues once there is space."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.files.disk_space import NotWritten
from lab.record_store import Record, Store
from lab.supervision import Supervisor
from tests.lab.conftest import put_iso
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, wait_for


class Thing(Record):
    text: str


SCALE = 600.0
DISK_BYTES = 24 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of its own, smaller than what a test can fill in a moment."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Write a file until there is no space left."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    continue
            except OSError:
                continue
    assert os.statvfs(disk).f_bfree == 0
    return filler


def test_the_lab_recovers_from_a_full_disk(small_disk: Path) -> None:
    """The clock and the server monitor continue: a guest that is to power off does so afterwards."""
    lab = RunningLab.start(small_disk / "state", time_scale=SCALE, guest={"install_s": 4000})
    try:
        put_iso(lab, small_disk)
        with Raw(lab) as raw:
            procedure = Procedure(raw)
            iso_id = procedure.iso_image()
            server_id = procedure.server(iso_id)
            filler = fill(small_disk)

            refused = raw.send("ecs", "POST", "/v1/{project}/cloudservers", json=procedure.server_order(iso_id))
            assert (refused.status_code, "the disk of the lab is full" in refused.json()["error_msg"]) == (503, True)
            rename = [{"op": "replace", "path": "/name", "value": "x"}]
            renamed = raw.send("ims", "PATCH", f"/v2/images/{iso_id}", json=rename)
            assert renamed.status_code == 503
            assert raw.sign_in().status_code == 503
            assert raw.send("ims", "GET", f"/v2/cloudimages?id={iso_id}").json()["images"][0]["name"] == "iso"
            assert [server_id] == [s["id"] for s in servers(raw)]
            wait_for(lambda: lab.call("GET", "/health")["problems"], "the message on the full disk")

            filler.unlink()
            procedure.wait_for_power_off(server_id)
            wait_for(lambda: lab.call("GET", "/health")["status"] == "ok", "the recovery")
            text = (lab.state / "lab.log").read_text()
            assert "s of failures: the disk of the lab is full" in text
            procedure.data_disk(server_id)
            image_id = procedure.capture(procedure.data_disk(server_id))

            lab.restart(crash=True, time_scale=SCALE)
            assert [server_id] == [s["id"] for s in servers(raw)]
            private = raw.send("ims", "GET", "/v2/cloudimages?__imagetype=private").json()["images"]
            assert {iso_id, image_id} == {image["id"] for image in private}
    finally:
        lab.stop()


def servers(raw: Raw) -> list[dict[str, object]]:
    found: list[dict[str, object]] = raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail").json()["servers"]
    return found


def test_objects_and_control_requests_are_refused_on_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    lab = RunningLab.start(small_disk / "state", time_scale=SCALE)
    try:
        put_iso(lab, tmp_path)
        (tmp_path / "big").write_bytes(b"\1" * (1 << 20))
        filler = fill(small_disk)
        with pytest.raises(AssertionError, match="the disk of the lab is full; free space on the file system of"):
            lab.put(tmp_path / "big", "lab-images/big")
        filler.unlink()
        lab.put(tmp_path / "big", "lab-images/big")
        assert len([p for p in lab.state.glob("objects/blobs/*/*") if p.stat().st_size == 1 << 20]) == 1
        assert not list((lab.state / "objects" / "incoming").iterdir())
    finally:
        lab.stop()


def test_background_work_that_ends_is_reported() -> None:
    async def scenario() -> str:
        supervisor = Supervisor()

        async def dies() -> None:
            raise SystemError("broken")

        supervisor.start("the clock", dies())
        failure = await asyncio.wait_for(supervisor.failed(), 10)
        await supervisor.stop()
        return str(failure)

    assert asyncio.run(scenario()).startswith("the clock has ended: SystemError")


def test_background_work_that_fails_is_repeated() -> None:
    async def scenario() -> None:
        supervisor, rounds, seen = Supervisor(), 0, asyncio.Event()

        async def work() -> None:
            nonlocal rounds
            rounds += 1
            if rounds == 2:
                assert "the watch has been failing for" in json.dumps(list(supervisor.problems.values()))
            if rounds < 3:
                raise OSError(28, "No space left on device")
            seen.set()

        supervisor.repeat("the watch", 0.001, work)
        await asyncio.wait_for(seen.wait(), 10)
        while supervisor.problems:
            await asyncio.sleep(0.001)
        await supervisor.stop()

    asyncio.run(scenario())


def test_what_could_not_be_written_is_written_by_the_next_flush(tmp_path: Path) -> None:
    """A transaction that fails leaves nothing half-written, and nothing that stands in the way of the next one."""
    store = Store(tmp_path / "lab.sqlite")
    things = store.collection("thing", Thing)
    things.save(Thing(id="kept", text="a"))
    store.flush()
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    things.save(Thing(id="kept", text="b"))
    things.save(Thing(id="large", text="c" * 100_000))
    for _ in range(2):
        with pytest.raises(NotWritten, match="the disk of the lab is full; free space"):
            store.flush()
    assert ["a"] == [json.loads(body)["text"] for body in store.load("thing")]

    store.connection.execute("PRAGMA max_page_count = 1000000")
    store.close()
    again = Store(tmp_path / "lab.sqlite")
    assert ["b", "c" * 100_000] == [json.loads(body)["text"] for body in again.load("thing")]
    again.close()
