"""The lab's object store: OBS and S3 over HTTP, objects in files.

Why one of our own: moto keeps objects in memory, forgets them at exit and accepts any signature; the servers
that do better (versitygw, gofakes3, MinIO, s3s) are Go or Rust programs that pip cannot install.
"""

from lab.obs.app import create_app
from lab.obs.errors import ObsError
from lab.obs.model import BucketInfo, ObjectInfo, SecretKey
from lab.obs.store import ObjectStore

__all__ = ["BucketInfo", "ObjectInfo", "ObjectStore", "ObsError", "SecretKey", "create_app"]
