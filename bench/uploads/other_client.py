"""Upload by s3cmd, with parts of the same size."""

import subprocess
import time
from pathlib import Path

from bench.uploads.measured_upload import BUCKET, MIB, PART_BYTES
from tests.labs import RunningLab
from toolchain.paths import ROOT

S3CMD = ROOT / ".state" / "clients" / "bin" / "s3cmd"


def put_by_s3cmd(lab: RunningLab, path: Path) -> float:
    """
    Upload a file, and return the seconds.

    Raises:
        FileNotFoundError: s3cmd is not installed.
        RuntimeError: It has failed.
    """
    if not S3CMD.exists():
        raise FileNotFoundError(f"{S3CMD} does not exist; run `make test-clients`, which installs it")
    host = lab.env["HW_OBS_ENDPOINT"].removeprefix("http://")
    server = ("--host", host, "--host-bucket", host, "--no-ssl", "--region", lab.env["HW_REGION_NAME"])
    keys = ("--access_key", lab.env["HW_ACCESS_KEY"], "--secret_key", lab.env["HW_SECRET_KEY"])
    part = f"--multipart-chunk-size-mb={PART_BYTES // MIB}"
    began = time.monotonic()
    command = [str(S3CMD), "--config", "/dev/null", *server, *keys, "--quiet", part]
    done = subprocess.run(
        [*command, "put", str(path), f"s3://{BUCKET}/compared.iso"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"s3cmd failed: {done.stderr[-500:]}")
    return time.monotonic() - began
