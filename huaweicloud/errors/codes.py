"""
Meaning of the services' error codes for a caller.

Source: the error code pages of IMS, ECS, EVS, VPC, IAM and the API gateway. A code that is not
listed here is classified by its HTTP status.
"""

from huaweicloud.errors import tree

CLASSES: dict[str, type[tree.ApiError]] = {
    code: kind
    for kind, codes in {
        tree.RateLimited: ("APIGW.0308 APIG.0308 Common.0024 Common.1503 IAM.0012 IMG.0060 IMG.0149 IMG.0187 Ecs.0603"),
        tree.Conflict: (
            "IMG.0008 IMG.0009 IMG.0010 IMG.0022 IMG.0028 IMG.0046 IMG.0090 IMG.0091 IMG.0120 IMG.0126 IMG.0148"
            " Ecs.0073 Ecs.0100 Ecs.0103 Ecs.0122 Ecs.0501 Ecs.0605 EVS.1046 EVS.2068 EVS.2130 IAM.0005"
        ),
        tree.QuotaExceeded: "IMG.0015 Ecs.0001 Ecs.0013 Ecs.0021 Ecs.0022 EVS.1034 EVS.1042 EVS.5413",
        tree.NotFound: (
            "IMG.0027 IMG.0066 IMG.0086 IMG.0144 Ecs.0114 Ecs.0614 EVS.5404 VPC.0003 VPC.0105 VPC.0202 IAM.0004"
            " Common.0011"
        ),
        tree.CredentialsExpired: "IAM.0066 IAM.1105 IAM.1108",
        tree.AuthenticationFailed: (
            "APIGW.0301 APIG.0301 APIGW.0303 APIG.0303 IAM.0001 IAM.0061 IAM.0062 IAM.0063 IAM.0064 IAM.0067 IAM.1104"
            " IAM.1106 IAM.1107 Common.0013 IMG.0087 EVS.0002 EVS.2143 EVS.5401"
        ),
        tree.PermissionDenied: (
            "APIGW.0302 APIG.0302 APIGW.0801 APIGW.0802 IAM.0002 IAM.0003 IAM.0080 IAM.0081 IAM.0082 IAM.0083 IMG.0026"
            " Ecs.0003 Ecs.0004 Ecs.0027 Ecs.0028 Ecs.0066 Ecs.0067 Ecs.0071 Ecs.0110 Pdp.0001 EVS.0003 EVS.2056"
        ),
    }.items()
    for code in codes.split()
}

# Refusals because of too many tasks in progress, which prove nothing about the rate of requests.
TASK_LIMITS = frozenset({"IMG.0060", "IMG.0149", "IMG.0187", "Ecs.0603"})

# The gateway knows no such API: this proves nothing about the requested resource.
UNKNOWN_ROUTE_CODES = frozenset({"APIGW.0101", "APIG.0101", "APIGW.0103", "APIG.0103"})

WAIT_BEFORE_REPEATING_S = {"Ecs.0603": 60.0}

# The project id is none of the credentials' projects: each service has a code of its own for it.
WRONG_PROJECT_CODES = frozenset({"Common.0018", "Ecs.0023", "EVS.0001", "IMG.0030", "IMG.0067", "VPC.0007"})

_PROJECT = "The project does not belong to these credentials: check project_id, project_name and the region."
_ROUTE = "Check the endpoint of this service and the region."
HINTS = {
    "APIGW.0101": _ROUTE,
    "APIG.0101": _ROUTE,
    **dict.fromkeys(WRONG_PROJECT_CODES, _PROJECT),
    "IMG.0002": "An image name has at most 128 characters.",
    "IMG.0003": "An image name has letters, digits, Chinese characters, '-', '.', '_' and spaces inside.",
    "IMG.0009": "Choose another image name, or delete the image that has it.",
    "IMG.0015": "Delete private images that are no longer needed, or request a larger quota.",
    "IMG.0055": "Check min_disk: it must suit the ISO's operating system (Linux from 10 GiB, Windows from 20 GiB).",
    "IMG.0057": "Check that the ISO is in the bucket under this name and is a complete ISO file.",
    "IMG.0058": "The bucket must be in the same region as the image.",
    "IMG.0059": "An ISO file may have up to 128 GB.",
    "IMG.0069": "Give the image service access to the bucket, or use a bucket of this account.",
    "IMG.0070": "Delete the object, or export to another one.",
    "IMG.0091": "Lift the image's protection: by hand, or by `pulumi up --refresh` before anything else is changed.",
    "IMG.0108": "An image can be shared with projects of its own region only.",
    "IMG.0121": "Check that the ISO is in the bucket under this name.",
    "IMG.0122": "os_type is Linux, Windows or Other.",
    "IMG.0145": "Check project_name in the region's entry of `regions`.",
    "IMG.0146": "Use a smaller data disk: the service copies images of limited size to other regions.",
    "IMG.0151": "Give the agency the role IMS Administrator in the project of the copy, or correct its name.",
    "IMG.0160": "Export the image as zvhd2, which is quick and has no such limit.",
    "IMG.0166": "Set os_version for the ISO image.",
    "IMG.0175": "The bucket and the object's name must not contain spaces.",
    "Ecs.0001": "Delete servers that are no longer needed, or request a larger quota.",
    "Ecs.0005": "Check that the flavor, the image, the disks and the network fit together in this zone.",
    "Ecs.0013": "Release public addresses that are no longer needed, or request a larger quota.",
    "Ecs.0015": "Choose a disk type that this flavor can use.",
    "Ecs.0018": "The flavor is sold out: choose another flavor or zone.",
    "Ecs.0019": "The flavor is no longer offered: choose another flavor.",
    "Ecs.0021": "Delete disks that are no longer needed, or request a larger quota.",
    "Ecs.0029": "Check the flavor's id: it does not exist or is no longer offered.",
    "Ecs.0043": "Choose a disk type that this zone has, for example SAS, GPSSD or SSD.",
    "Ecs.0044": "The disk type is sold out: choose another one, for example SAS, GPSSD or SSD.",
    "Ecs.0067": "Top up the account.",
    "Ecs.0319": "The zone has no capacity left for this flavor: choose another flavor or zone, or try later.",
    "EVS.1034": "Delete disks that are no longer needed, or request a larger quota.",
    "EVS.1042": "Delete disks that are no longer needed, or request a larger quota.",
    "IAM.0061": "The account is locked after wrong passwords: wait, then try again with the right one.",
    "IAM.0081": "Allow this IAM user programmatic access.",
    "Pdp.0001": "Give the IAM user the permission that the message names.",
}


def is_quota(error: tree.CloudError) -> bool:
    """Return True if a request, or an accepted job, failed because a quota is used up."""
    if isinstance(error, tree.JobFailed):
        return CLASSES.get(error.code) is tree.QuotaExceeded
    return isinstance(error, tree.QuotaExceeded)
