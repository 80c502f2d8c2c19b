"""
Clouds that serve the same API family: regions, endpoints, and the gaps of their documentation.

The documentation of each cloud is its own. What it does not describe is a `Gap`; nothing is known of it but that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Part = Literal["iso-images", "enterprise-projects", "other"]


class Gap(NamedTuple):
    """
    Part of the API family that the documentation of a cloud does not describe.

    Attributes:
        operation: Service and operation, or its parameter.
        effect: Effect on a build, as a phrase.
        part: Subject for the checks; `other` if no setting depends on it.
    """

    operation: str
    effect: str
    part: Part = "other"


@dataclass(frozen=True)
class Area:
    """
    Regions of a cloud whose endpoints have one form.

    Attributes:
        pattern: Base URL of a service with the placeholders `{service}` and `{region}`.
        regions: Ids of the regions.
        exceptions: Patterns of services with another form.
        gaps: Gaps of the documentation for these regions.
        sources: Documents that state the endpoints.
    """

    pattern: str
    regions: frozenset[str]
    exceptions: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    sources: tuple[str, ...] = ()

    def url(self, service: str, region: str) -> str:
        """Return the base URL of a service in a region."""
        return fill(self.exceptions.get(service, self.pattern), service, region)


class KnownCloud(NamedTuple):
    """
    A cloud.

    Attributes:
        name: Value of the setting `cloud`.
        title: Name that its operator gives it.
        domain: Domain of its endpoints, a further spelling of the name.
        areas: Its regions.
    """

    name: str
    title: str
    domain: str
    areas: tuple[Area, ...]

    @property
    def regions(self) -> frozenset[str]:
        """Return the ids of all regions."""
        return frozenset().union(*(area.regions for area in self.areas))

    def area(self, region: str) -> Area | None:
        """Return the area of a region; None for a region of another cloud."""
        return next((area for area in self.areas if region in area.regions), None)


def fill(pattern: str, service: str, region: str) -> str:
    """Return the base URL that a pattern gives for a service in a region."""
    return pattern.replace("{service}", service).replace("{region}", region)


_HUAWEI = "https://{service}.{region}.myhuaweicloud.com"
HUAWEI_CLOUD = KnownCloud(
    "huaweicloud",
    "Huawei Cloud",
    "myhuaweicloud.com",
    (
        Area(
            _HUAWEI,
            frozenset(
                {
                    *("af-north-1", "af-south-1", "ae-ad-1", "me-east-1", "tr-west-1", "ru-moscow-1"),
                    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"),
                    *("cn-east-2", "cn-east-3", "cn-east-4", "cn-east-5"),
                    *("cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12"),
                    *("cn-south-1", "cn-south-2", "cn-south-4", "cn-southwest-2", "cn-southwest-3"),
                    *("eu-west-0", "my-kualalumpur-1"),
                    *("la-north-2", "la-south-2", "na-mexico-1", "sa-brazil-1"),
                }
            ),
            sources=("'Endpoints' of the API references; ImsRegion and its siblings in huaweicloud-sdk-python-v3",),
        ),
        Area(
            _HUAWEI,
            frozenset({"eu-west-101"}),
            {"iam": "https://iam.myhuaweicloud.eu"},
            sources=("ImsRegion, IamRegion and their siblings in huaweicloud-sdk-python-v3",),
        ),
    ),
)

HUAWEI_CLOUD_EUROPE = KnownCloud(
    "huaweicloud-eu",
    "Huawei Cloud, European site",
    "myhuaweicloud.eu",
    (
        Area(
            "https://{service}.{region}.myhuaweicloud.eu",
            frozenset({"eu-west-101"}),
            {"iam": "https://iam.myhuaweicloud.eu"},
            sources=(
                "OBS: support.huaweicloud.com/eu/qs-obs/obs_qs_0006.html",
                "the domain of all services in eu-west-1…: provider.go of terraform-provider-huaweicloud",
                "IAM: IamRegion of huaweicloud-sdk-python-v3",
                "Not documented: IMS, ECS, EVS and VPC by name, in the pages that were found",
            ),
        ),
    ),
)

_UNDOCUMENTED_BY_OTC = (
    Gap("ECS creation: the header `X-Client-Token`", "a repeated request is recognized by its ownership tag only"),
    Gap(
        "ECS `POST …/actions/update-auto-terminate-time`",
        "`auto_terminate: on` may be refused, with a warning; `auto` does not use it here",
    ),
    Gap(
        "ECS v1 `GET …/console-output`, `POST …/remote_console` (only those of Nova are described)",
        "console and screen of a failed installation may be missing",
    ),
    Gap(
        "EVS `GET /v2/{project_id}/cloudvolumes/{volume_id}` (`…/os-vendor-volumes/{volume_id}` is described)",
        "the existence of a single disk may be unknown",
    ),
    Gap("IMS `GET /v1/cloudimages/os_version` (only its permission is)", "`os_version` may not be checked at preview"),
)
OPEN_TELEKOM_CLOUD = KnownCloud(
    "otc",
    "Open Telekom Cloud",
    "otc.t-systems.com",
    (
        Area(
            "https://{service}.{region}.otc.t-systems.com",
            frozenset({"eu-de", "eu-nl"}),
            gaps=_UNDOCUMENTED_BY_OTC,
            sources=(
                "endpoints: docs.otc.t-systems.com/regions-and-endpoints (all six services, both regions)",
                "APIs: the API references of IMS, ECS, EVS, VPC, IAM and OBS at docs.otc.t-systems.com",
            ),
        ),
        Area(
            "https://{service}.{region}.sc.otc.t-systems.com",
            frozenset({"eu-ch2"}),
            {"iam": "https://iam-pub.{region}.sc.otc.t-systems.com"},
            gaps=(
                Gap(
                    "IMS: images from ISO files (their parameters were deleted from the API reference on 2021-12-17)",
                    "the import of the ISO file may be refused",
                    "iso-images",
                ),
                Gap("IMS: `enterprise_project_id`", "images may have no enterprise project", "enterprise-projects"),
                *_UNDOCUMENTED_BY_OTC,
            ),
            sources=(
                "IAM: 'API Authentication' of the developer guide of Cloud Create, docs.otc.t-systems.com",
                "OBS: guide 'backends' of terraform-provider-opentelekomcloud",
                "ECS, VPC: requests that other projects published; the table of the Swiss documentation was not found",
                "Not documented: IMS and EVS by name, in the pages that were found; they follow the same form",
            ),
        ),
    ),
)

FLEXIBLE_ENGINE = KnownCloud(
    "flexibleengine",
    "Flexible Engine (Orange)",
    "prod-cloud-ocb.orange-business.com",
    (
        Area(
            "https://{service}.{region}.prod-cloud-ocb.orange-business.com",
            frozenset({"eu-west-0"}),
            {"obs": "https://oss.{region}.prod-cloud-ocb.orange-business.com"},
            sources=(
                "IAM: support.huaweicloud.com/intl/en-us/eu-west-0-api-iam/iam_01_0004.html",
                "OBS (`oss`) and the domain of all services: guides of terraform-provider-flexibleengine",
                "images from the object store: resource images_image of terraform-provider-flexibleengine",
                "Not documented: ISO images, in the pages that were found; the API references were not read",
            ),
        ),
    ),
)

G42_CLOUD = KnownCloud(
    "g42cloud",
    "G42 Cloud",
    "g42cloud.com",
    (
        Area(
            "https://{service}.{region}.g42cloud.com",
            frozenset({"ae-ad-1"}),
            sources=(
                "IMS, ECS, EVS: ImsRegion, EcsRegion and EvsRegion of the G42 Cloud SDK",
                "IAM and the domain of all services: provider.go of terraform-provider-g42cloud",
                "images from the object store and from disks: CreateImageRequestBody of the G42 Cloud SDK",
                "Not documented: ISO images, in the pages that were found; the API references were not read",
            ),
        ),
    ),
)

CLOUDS = (HUAWEI_CLOUD, HUAWEI_CLOUD_EUROPE, OPEN_TELEKOM_CLOUD, FLEXIBLE_ENGINE, G42_CLOUD)
"""Known clouds. A region that several of them name is of the first one, unless a setting selects another."""


def spellings() -> Iterator[str]:
    """Yield the names of all clouds, then their domains."""
    yield from (cloud.name for cloud in CLOUDS)
    yield from (cloud.domain for cloud in CLOUDS)


def find(spelling: str) -> KnownCloud | None:
    """Return a cloud by its name or its domain; None if there is no such cloud."""
    return next((cloud for cloud in CLOUDS if spelling in (cloud.name, cloud.domain)), None)


def having(region: str) -> list[KnownCloud]:
    """Return the clouds that have a region of this id."""
    return [cloud for cloud in CLOUDS if region in cloud.regions]
