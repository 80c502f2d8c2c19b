"""Process that uploads a file as the resource IsoObject does, and prints its time and its memory as JSON."""

import json
import resource
import sys
import time

from pulumi.dynamic import Config, ConfigureRequest

from config.iso_file.iso_upload import upload_location
from providers.iso_object import IsoObjectProvider


def main(path: str, sha256: str, bucket: str) -> None:
    """Upload a file to a bucket."""
    provider = IsoObjectProvider()
    provider.configure(ConfigureRequest(Config({}, "image-from-iso")))
    inputs = {"region": "lab-1", "source": path, "image_url": upload_location(bucket, sha256), "sha256": sha256}
    checked = provider.check({}, inputs)
    if checked.failures:
        sys.exit("; ".join(failure.reason for failure in checked.failures))
    before, began = _rss_mib(), time.monotonic()
    provider.create(checked.inputs)
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "peak_rss_mib": _rss_mib(), "rss_before_mib": before}))


def _rss_mib() -> float:
    """Return the largest resident memory so far; Linux reports it in KiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
