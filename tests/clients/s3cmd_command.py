"""Operations of s3cmd."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clients.reporting import Report, require

ENV = os.environ


def run(*arguments: str) -> str:
    """Run s3cmd and return its output."""
    endpoint = ENV["HW_OBS_ENDPOINT"].removeprefix("http://")
    host = ("--host", endpoint, "--host-bucket", endpoint, "--no-ssl", "--region", ENV["HW_REGION_NAME"])
    keys = ("--access_key", ENV["HW_ACCESS_KEY"], "--secret_key", ENV["HW_SECRET_KEY"])
    command = [str(Path(sys.executable).with_name("s3cmd")), "--config", "/dev/null", *host, *keys, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr else "no message")
    return done.stdout


def main() -> None:
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        small, large, back = (Path(folder, name) for name in ("small", "large", "back"))
        small.write_bytes(b"content")
        large.write_bytes(os.urandom(12 << 20))
        report.run("make a bucket", lambda: run("mb", "s3://s3cmd-bucket"))
        report.run("list buckets", lambda: require("s3cmd-bucket" in run("ls"), "not listed"))
        report.run("put a file", lambda: run("put", str(small), "s3://s3cmd-bucket/small"))
        report.run(
            "put a file in parts",
            lambda: run("put", "--multipart-chunk-size-mb=5", str(large), "s3://s3cmd-bucket/large"),
        )
        report.run("list objects", lambda: require(run("ls", "s3://s3cmd-bucket").count("\n") == 2, "not two"))

        def get() -> None:
            run("get", "--force", "s3://s3cmd-bucket/large", str(back))
            require(back.read_bytes() == large.read_bytes(), "other content")

        report.run("get a file", get)
        report.run("show an object", lambda: run("info", "s3://s3cmd-bucket/small"))
        report.run("set its access control list", lambda: run("setacl", "--acl-public", "s3://s3cmd-bucket/small"))
        report.run("copy an object", lambda: run("cp", "s3://s3cmd-bucket/small", "s3://s3cmd-bucket/copy"))
        report.run("move an object", lambda: run("mv", "s3://s3cmd-bucket/copy", "s3://s3cmd-bucket/moved"))
        report.run("synchronize a folder", lambda: run("sync", f"{folder}/", "s3://s3cmd-bucket/sync/"))
        report.run("show a bucket", lambda: run("info", "s3://s3cmd-bucket"))
        report.run("delete all objects", lambda: run("del", "--recursive", "--force", "s3://s3cmd-bucket"))
        report.run("remove the bucket", lambda: run("rb", "s3://s3cmd-bucket"))
    report.write()


if __name__ == "__main__":
    main()
