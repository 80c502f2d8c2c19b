"""The command ``lab inspect`` on images of a running lab."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from huaweicloudsdkims.v2 import (
    CreateDataImageRequest,
    CreateDataImageRequestBody,
    CreateImageRequest,
    CreateImageRequestBody,
)

from lab.__main__ import main
from tests.lab.clients import Clients
from tests.lab.inspection.guest_disks import GuestDisk, system_files, to_qcow2
from tests.lab.plain import DEBIAN
from tests.labs import RunningLab


class Result(NamedTuple):
    """Exit status and output of a command."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(lab: RunningLab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "100")

    def command(*arguments: str) -> Result:
        status = main(["inspect", *arguments, "--state", str(lab.state)])
        return Result(status, *capsys.readouterr())

    return command


def register(cloud: Clients, lab: RunningLab, disk: GuestDisk, folder: Path, name: str, **fields: str) -> str:
    """Import a disk as an image, and return its id."""
    path = to_qcow2(disk.write(folder / name))
    lab.put(path, f"lab-images/{name}.qcow2")
    body = CreateImageRequestBody(
        name=name, image_url=f"lab-images:{name}.qcow2", os_version=DEBIAN, min_disk=40, **fields
    )
    job = cloud.image_job(cloud.ims.create_image(CreateImageRequest(body=body)).job_id)
    assert job.status == "SUCCESS", job
    return str(job.entities.image_id)


def test_a_good_image_is_shown_with_its_facts(cloud: Clients, lab: RunningLab, run: Run, tmp_path: Path) -> None:
    image_id = register(cloud, lab, GuestDisk(), tmp_path, "golden", hw_firmware_type="uefi")

    result = run("golden")

    assert (0, "") == (result.status, result.err)
    assert f"image         golden ({image_id}), boots by UEFI" in result.out
    assert "boot entries  Debian GNU/Linux: /boot/vmlinuz-6.1.0-9-amd64," in result.out
    assert "packages      dpkg: 1 installed" in result.out
    assert result.out.endswith("\n\nno findings\n")


def test_a_system_with_a_device_name_is_refused_with_the_fix(
    cloud: Clients, lab: RunningLab, run: Run, tmp_path: Path
) -> None:
    files = system_files(root="/dev/vdb1") | {"etc/machine-id": "0123456789abcdef0123456789abcdef\n"}
    image_id = register(cloud, lab, GuestDisk(files=files), tmp_path, "renamed")

    result = run(image_id[:13])

    assert 1 == result.status
    words = " ".join(result.out.split())
    assert re.search(r"SEVERITY FINDING +FIX\nerror +The boot entry", result.out)
    assert "root=/dev/vdb1" in words
    assert "1 error, 1 warning\n" == result.out.splitlines(keepends=True)[-1]


def test_the_result_as_json_has_all_facts(cloud: Clients, lab: RunningLab, run: Run, tmp_path: Path) -> None:
    image_id = register(cloud, lab, GuestDisk(files=system_files(root="/dev/vdb1")), tmp_path, "renamed")

    result = run("renamed", "--json")

    found = json.loads(result.out)
    assert 1 == result.status
    assert {"image", "facts", "findings", "counts"} == set(found)
    assert lab.call("GET", f"/inspections/{image_id}") == found
    assert (image_id, "bios") == (found["image"]["id"], found["image"]["firmware"])
    assert ["root-device-name"] == [finding["rule"] for finding in found["findings"]]
    assert {"severity", "rule", "finding", "fix"} == set(found["findings"][0])
    assert {"error": 1, "warning": 0, "note": 0} == found["counts"]


def test_an_image_without_a_disk_ends_in_a_sentence(cloud: Clients, run: Run) -> None:
    iso = cloud.iso_image()
    golden = cloud.golden_image()

    assert Result(
        1, "", f"error: image iso ({iso}) is an ISO image; inspect the image of a disk that it was installed on\n"
    ) == run(iso)
    simulated = "cannot be inspected: simulated servers write no disks; start the lab with QEMU"
    assert Result(1, "", f"error: image golden ({golden}) {simulated}\n") == run(golden)
    missing = run("other")
    assert 1 == missing.status
    assert missing.err.startswith("error: there is no image 'other'; the images are ")


def test_a_public_image_has_no_disk(cloud: Clients, run: Run) -> None:
    public = next(image for image in cloud.images(imagetype="gold"))

    result = run(public.id)

    assert (1, "") == (result.status, result.out)
    assert "cannot be inspected: it is a record without a disk" in result.err


def test_the_image_of_a_data_disk_is_not_taken_for_a_system(
    cloud: Clients, lab: RunningLab, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "data.raw").write_bytes(b"data" * 1024)
    lab.put(tmp_path / "data.raw", "lab-images/data.raw")
    body = CreateDataImageRequestBody(name="data", image_url="lab-images:data.raw", min_disk=40)
    cloud.image_job(cloud.ims.create_data_image(CreateDataImageRequest(body=body)).job_id)

    result = run("data")

    assert (1, "") == (result.status, result.out)
    assert result.err.endswith("is the image of a data disk; only images of systems are inspected\n")


def test_misuse_ends_with_status_2(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run()

    assert "the following arguments are required: IMAGE" in capsys.readouterr().err
