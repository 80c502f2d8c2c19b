"""Any input of any resource may be unknown at preview: check() and diff() pass it over."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from config.iso_file.iso_upload import upload_location
from plugin.resources import RESOURCES
from plugin.wire import UNKNOWN
from tests.e2e.project import build_settings
from tests.isos import iso
from tests.plugin.conftest import Engine

BUILD = {"region": "lab-1", "build_id": "0" * 16}


@pytest.fixture
def local_iso(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an ISO file on this machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "debian.iso"
    path.write_bytes(iso("INSTALLER", ("bios", "uefi")))
    return path


def upload(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "region": "lab-1",
        "source": str(path),
        "image_url": upload_location("lab-images", digest),
        "sha256": digest,
    }


def inputs(kind: str, env: dict[str, str], local_iso: Path) -> dict[str, Any]:
    settings = build_settings(env)
    of_iso = {key: settings[key] for key in ("image_url", "os_version", "min_disk")}
    keys = ("flavor", "availability_zone", "vpc_id", "subnet_id", "root_volume", "data_volumes")
    test = {"name": "a", "image_id": "b", "image_name": "golden", "until": "login:"}
    ended = {"region": "lab-1", "server_id": "a", "volume_ids": ["a"], "image_id": "b"}
    return {
        "BuildIdentity": {"region": "lab-1", "triggers": {**of_iso, "data_disk": 10}, "rebuild": ""},
        "CapturedImage": {**BUILD, "name": "golden", "volume_id": "a", "os_version": of_iso["os_version"]},
        "ImageAcceptance": {"region": "lab-1", "image_id": UNKNOWN},
        "ImageCopy": {**BUILD, "source_region": "team", "image_id": UNKNOWN, "name": "golden"},
        "ImageExport": {**BUILD, "image_id": UNKNOWN, "location": "a:{build_id}", "format": "qcow2"},
        "ImageHistory": {"region": "lab-1", "keep_images": 1},
        "ImagePublication": {"region": "lab-1", "image_id": "a", "family": "debian-12", "channel": "stable"},
        "ImageVerification": {**BUILD, **test, **{key: settings[key] for key in keys if key != "data_volumes"}},
        "IsoObject": {**upload(local_iso), "keep_iso_object": False, "create_iso_bucket": False},
        "IsoImage": {**BUILD, "name": "iso", **of_iso},
        "OsInstallation": {**BUILD, "server_id": "a"},
        "Preflight": {"region": "lab-1", "mode": "warn", "builds": [settings], "faults": []},
        "TempServer": {**BUILD, "name": "a", "iso_image_id": UNKNOWN, **{key: settings[key] for key in keys}},
        "TempServerTeardown": ended,
        "VerificationTeardown": ended,
    }[kind]


@pytest.mark.parametrize("kind", [resource.__name__ for resource in RESOURCES])
def test_an_unknown_input_is_passed_over(engine: Engine, lab, local_iso, kind):
    known = inputs(kind, lab.env, local_iso)
    for key in known:
        news = {**known, key: UNKNOWN}

        checked = engine.of(kind, "Check", "CheckRequest", news=news)
        diff = engine.of(kind, "Diff", "DiffRequest", id="0" * 16, olds=known, news=checked["inputs"])

        assert [] == checked.get("failures", []), key
        assert UNKNOWN == checked["inputs"][key]
        assert diff["changes"] in ("DIFF_NONE", "DIFF_SOME")


@pytest.mark.parametrize("key", ["image_url", "os_version", "data_disk"])
def test_an_unknown_trigger_is_passed_over(engine: Engine, lab, local_iso, key):
    known = inputs("BuildIdentity", lab.env, local_iso)
    news = {**known, "triggers": {**known["triggers"], key: UNKNOWN}}

    checked = engine.of("BuildIdentity", "Check", "CheckRequest", news=news)
    diff = engine.of("BuildIdentity", "Diff", "DiffRequest", id="0" * 16, olds=known, news=checked["inputs"])

    assert [] == checked.get("failures", [])
    assert ["triggers"] == diff["replaces"]
