"""Cached read access to a region, which all checks of a run share."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from huaweicloud.cloud import Cloud
from huaweicloud.ecs import Flavor, Limits, Server
from huaweicloud.errors import CloudError, NotFound
from huaweicloud.evs import VolumeQuota, VolumeType
from huaweicloud.ims import Image, OsVersion, Quota
from huaweicloud.obs import ObjectInfo
from huaweicloud.vpc import Network, SecurityGroup, Subnet
from preflight.media.iso_files import IsoFile, read_iso_file

T = TypeVar("T")


class RegionCatalog:
    """
    Read access to a region that sends each request at most once.

    Failures are cached as well, so that an unreachable service delays a run once only.

    Args:
        cloud: Client of the region.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._lock = threading.Lock()
        self._locks: dict[Any, threading.Lock] = {}
        self._known: dict[Any, Any] = {}
        self._asked: dict[Any, float] = {}

    def project_id(self) -> str:
        """Return the id of the project that the credentials belong to."""
        return self._once("project", lambda: self.cloud.project_id)

    def projects(self) -> dict[str, str]:
        """Return the names of the user's projects in all regions, by id (IAM GET /v3/projects)."""
        return self._once("projects", lambda: {project.id: project.name for project in self.cloud.list_projects()})

    def roles(self) -> list[str] | None:
        """Return the user's roles, which a token contains; None for an access key."""
        return self._once("roles", lambda: self.cloud.roles)

    def flavors(self, zone: str) -> dict[str, Flavor]:
        """Return the flavors that are available in a zone, by id (ECS GET /v1/{project_id}/cloudservers/flavors)."""
        return self._once(("flavors", zone), lambda: {f.id: f for f in self.cloud.ecs.list_flavors(zone)})

    def zones(self) -> list[str]:
        """Return the availability zones (ECS GET /v2.1/{project_id}/os-availability-zone)."""
        return self._once("zones", self.cloud.ecs.list_availability_zones)

    def limits(self) -> Limits:
        """Return the quotas for servers (ECS GET /v1/{project_id}/cloudservers/limits)."""
        return self._once("limits", self.cloud.ecs.get_limits)

    def servers(self) -> list[Server]:
        """Return the servers of the project (ECS GET /v1/{project_id}/cloudservers/detail)."""
        return self._once("servers", self.cloud.ecs.list_servers)

    def volume_types(self) -> dict[str, VolumeType]:
        """Return the disk types, by name (EVS GET /v2/{project_id}/types)."""
        return self._once("volume types", lambda: {kind.name: kind for kind in self.cloud.evs.list_volume_types()})

    def volume_quota(self) -> VolumeQuota:
        """Return the quotas for disks (EVS GET /v2/{project_id}/os-quota-sets/{target_project_id})."""
        return self._once("volume quota", self.cloud.evs.get_quota)

    def os_versions(self) -> dict[str, OsVersion]:
        """Return the operating systems in the list of the image service (IMS GET /v1/cloudimages/os_version)."""
        return self._once("os versions", lambda: {v.os_version: v for v in self.cloud.ims.list_os_versions()})

    def image_quota(self) -> Quota:
        """Return the quota for private images (IMS GET /v1/cloudimages/quota)."""
        return self._once("image quota", self.cloud.ims.get_quota)

    def images(self) -> list[Image]:
        """Return the private images of the project (IMS GET /v2/cloudimages)."""
        return self._once("images", self.cloud.ims.list_images)

    def image(self, image_id: str) -> Image | None:
        """Return one image (IMS GET /v2/cloudimages?id=)."""
        return self._once(("image", image_id), lambda: self.cloud.ims.get_image(image_id))

    def vpcs(self) -> dict[str, Network]:
        """Return the VPCs, by id (VPC GET /v1/{project_id}/vpcs)."""
        return self._once("vpcs", lambda: {vpc.id: vpc for vpc in self.cloud.vpc.list_vpcs()})

    def subnets(self) -> dict[str, Subnet]:
        """Return the subnets, by id (VPC GET /v1/{project_id}/subnets)."""
        return self._once("subnets", lambda: {subnet.id: subnet for subnet in self.cloud.vpc.list_subnets()})

    def security_groups(self) -> dict[str, SecurityGroup]:
        """Return the security groups, by id (VPC GET /v1/{project_id}/security-groups)."""
        return self._once(
            "security groups", lambda: {group.id: group for group in self.cloud.vpc.list_security_groups()}
        )

    def bucket_region(self, bucket: str) -> str | None:
        """Return the region of a bucket (OBS GET ?location); None if it does not exist, "" if no region is reported."""

        def find() -> str | None:
            try:
                return self.cloud.obs.bucket_location(bucket)
            except NotFound:
                return None

        return self._once(("bucket", bucket), find)

    def iso_file(self, bucket: str, key: str) -> IsoFile | None:
        """Return an ISO file by its first sectors (OBS GET with Range); None if it does not exist."""
        return self._once(("object", bucket, key), lambda: read_iso_file(self.cloud.obs, bucket, key))

    def iso_object(self, bucket: str, key: str) -> ObjectInfo | None:
        """Return an object (OBS HEAD, unless its sectors are cached); None if it does not exist."""
        if ("object", bucket, key) in self._known:
            file = self.iso_file(bucket, key)
            return file.info if file else None
        return self._once(("content", bucket, key), lambda: self.cloud.obs.head_object(bucket, key))

    def forget_object(self, bucket: str, key: str) -> None:
        """Forget an object and its bucket, which this run has created or deleted."""
        with self._lock:
            for name in (("bucket", bucket), ("object", bucket, key), ("content", bucket, key)):
                self._known.pop(name, None)

    def iso_object_age_s(self, bucket: str, key: str) -> float:
        """Return the seconds since iso_object() has sent a request; infinite if it has not."""
        asked = [self._asked.get((kind, bucket, key), float("-inf")) for kind in ("content", "object")]
        return time.monotonic() - max(asked)

    def iso_sha256(self, bucket: str, key: str, etag: str, read: Callable[[], str]) -> str:
        """Return the SHA-256 digest of an object with an entity tag; `read` computes it once."""
        return self._once(("sha256", bucket, key, etag), read)

    def _once(self, key: Any, fetch: Callable[[], T]) -> T:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._known:
                self._asked[key] = time.monotonic()
                self._known[key] = _result(fetch)
            value, error = self._known[key]
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]  # The first fetch of this key determines the type.


def _result(fetch: Callable[[], T]) -> tuple[T | None, CloudError | None]:
    try:
        return fetch(), None
    except CloudError as error:
        return None, error
