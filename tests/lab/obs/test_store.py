"""The store without HTTP, as the lab's image service and command line use it."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.obs import ObjectStore, ObsError
from tests.lab.obs.conftest import md5

CONTENT = os.urandom(3 << 20)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "objects"


@pytest.fixture
def objects(root):
    store = ObjectStore(root)
    store.create_bucket("images")
    yield store
    store.close()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.iso"
    path.write_bytes(CONTENT)
    return path


def test_a_file_is_stored_and_found_again(objects, source):
    info = objects.put_file("images", "iso/a.iso", source)

    assert (len(CONTENT), md5(CONTENT).hexdigest()) == (info.size, info.etag)
    assert info == objects.head("images", "iso/a.iso")
    assert CONTENT == objects.path("images", "iso/a.iso").read_bytes()
    assert "STANDARD" == info.storage_class
    assert (None, None) == (objects.head("images", "absent"), objects.path("absent", "iso/a.iso"))


def test_the_same_file_again_is_not_written_again(objects, source):
    first = objects.put_file("images", "a.iso", source)
    path = objects.path("images", "a.iso")

    again = objects.put_file("images", "a.iso", source)

    assert (first, path) == (again, objects.path("images", "a.iso"))


def test_a_changed_file_replaces_the_object_and_not_the_other_way_round(objects, source):
    objects.put_file("images", "a.iso", source)
    source.write_bytes(CONTENT[::-1])
    assert CONTENT == objects.path("images", "a.iso").read_bytes()

    objects.put_file("images", "a.iso", source)

    assert CONTENT[::-1] == objects.path("images", "a.iso").read_bytes()


def test_a_file_needs_a_bucket_and_a_name(objects, source):
    with pytest.raises(ObsError, match="NoSuchBucket"):
        objects.put_file("absent", "a.iso", source)
    with pytest.raises(ObsError, match="KeyTooLongError"):
        objects.put_file("images", "a" * 1025, source)
    assert [] == objects.list_objects("images").contents


def test_everything_is_there_after_a_restart(objects, root, source):
    info = objects.put_file("images", "a.iso", source)
    objects.close()

    again = ObjectStore(root)

    assert info == again.head("images", "a.iso")
    assert ["images"] == [bucket.name for bucket in again.buckets()]
    again.close()


def test_times_are_the_labs(root):
    then = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    store = ObjectStore(root, lambda: then)

    assert then == store.create_bucket("images").created_at
    store.close()


def test_a_reader_keeps_what_it_opened(objects, source):
    objects.put_file("images", "a.iso", source)
    _, file = objects.open("images", "a.iso")

    objects.delete("images", "a.iso")

    with file:
        assert CONTENT == file.read()


def test_an_object_without_its_bytes_is_forgotten_at_the_start(objects, root, source, caplog):
    objects.put_file("images", "lost", source)
    objects.put_file("images", "cut", source)
    objects.put_file("images", "kept", source)
    objects.path("images", "lost").unlink()
    os.truncate(objects.path("images", "cut"), 5)
    objects.close()

    again = ObjectStore(root)

    assert ["kept"] == [info.key for info in again.list_objects("images").contents]
    assert "images/lost" in caplog.text
    again.close()


def _write_until_killed(root: Path, ready) -> None:
    store = ObjectStore(root)
    with store.new_file() as writer:
        writer.write(b"half")
        ready.set()
        signal.pause()


def test_a_killed_writer_leaves_nothing_once_nobody_else_writes(objects, root):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_write_until_killed, args=(root, ready))
    process.start()
    assert ready.wait(30)
    second = ObjectStore(root)
    assert 1 == len(list((root / "incoming").iterdir())), "another process is still writing"
    process.kill()
    process.join()
    for store in (objects, second):
        store.close()

    ObjectStore(root).close()

    assert [] == list((root / "incoming").iterdir())


def test_two_stores_of_one_directory_see_each_others_objects(objects, root, source):
    other = ObjectStore(root)

    other.put_file("images", "a.iso", source)

    assert CONTENT == objects.path("images", "a.iso").read_bytes()
    other.close()


def test_opening_a_store_of_a_thousand_objects_is_quick(objects, root, tmp_path):
    small = tmp_path / "small"
    small.write_bytes(b"x")
    for number in range(1000):
        objects.put_file("images", str(number), small)
    objects.close()
    start = time.perf_counter()

    ObjectStore(root).close()

    assert time.perf_counter() - start < 1
