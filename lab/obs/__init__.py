"""
The lab's object store: OBS and S3 over HTTP, objects in files.

Reason for a store of our own: moto keeps objects in memory, loses them at exit and accepts any signature. The servers
that do better (versitygw, gofakes3, MinIO, s3s) are Go or Rust programs that pip cannot install.
"""

from lab.obs.http.obs_app import create_app
from lab.obs.http.obs_errors import ObsError
from lab.obs.storage.bucket_store import ObjectStore
from lab.obs.storage.store_records import BucketInfo, ObjectInfo, SecretKey

__all__ = ["BucketInfo", "ObjectInfo", "ObjectStore", "ObsError", "SecretKey", "create_app"]
