"""Operations of minio's client for Python."""

import io
import os
import tempfile
import urllib.request
from pathlib import Path

from minio import Minio
from minio.commonconfig import CopySource, Tags
from minio.deleteobjects import DeleteObject

from tests.clients.reporting import Report, require

ENV = os.environ
BUCKET = "minio-bucket"


def main() -> None:
    report = Report()
    store = Minio(
        ENV["HW_OBS_ENDPOINT"].removeprefix("http://"),
        access_key=ENV["HW_ACCESS_KEY"],
        secret_key=ENV["HW_SECRET_KEY"],
        secure=False,
        region=ENV["HW_REGION_NAME"],
    )
    report.run("make a bucket", lambda: store.make_bucket(BUCKET, location=ENV["HW_REGION_NAME"]))
    report.run("find a bucket", lambda: require(store.bucket_exists(BUCKET), "no bucket"))
    report.run("list buckets", lambda: require(BUCKET in [b.name for b in store.list_buckets()], "not listed"))
    report.run("put an object", lambda: store.put_object(BUCKET, "small", io.BytesIO(b"content"), 7))
    objects(report, store)
    report.run("remove an object", lambda: store.remove_object(BUCKET, "copy"))
    names = [DeleteObject(name) for name in ("small", "large")]
    report.run("remove many objects", lambda: require(not list(store.remove_objects(BUCKET, names)), "errors"))
    report.run("remove the bucket", lambda: store.remove_bucket(BUCKET))
    report.write()


def objects(report: Report, store: Minio) -> None:
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large")
        large.write_bytes(os.urandom(12 << 20))
        report.run("put a file in parts", lambda: store.fput_object(BUCKET, "large", str(large), part_size=5 << 20))
    report.run("list objects", lambda: require(len(list(store.list_objects(BUCKET))) == 2, "not two"))
    report.run("show an object", lambda: require(store.stat_object(BUCKET, "large").size == 12 << 20, "size"))

    def read() -> None:
        response = store.get_object(BUCKET, "small")
        require(response.read() == b"content", "other content")
        response.close()

    report.run("get an object", read)

    def fetch() -> None:
        with urllib.request.urlopen(store.presigned_get_object(BUCKET, "small"), timeout=30) as response:
            require(response.read() == b"content", "other content")

    report.run("get by a signed address", fetch)
    report.run("copy an object", lambda: store.copy_object(BUCKET, "copy", CopySource(BUCKET, "small")))
    tags = Tags.new_object_tags()
    tags["k"] = "v"
    report.run("set tags", lambda: store.set_object_tags(BUCKET, "small", tags))
    report.run("get tags", lambda: require(dict(store.get_object_tags(BUCKET, "small") or {}) == {"k": "v"}, "tags"))
    report.run("delete tags", lambda: store.delete_object_tags(BUCKET, "small"))
    report.run("show the versioning of a bucket", lambda: store.get_bucket_versioning(BUCKET))


if __name__ == "__main__":
    main()
