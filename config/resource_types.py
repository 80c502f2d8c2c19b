"""
Type tokens of this project's resources, as states and policies name them.

A resource has one of two: that of a dynamic resource, or that of the provider. The names of its properties are the same
with both, because the provider keeps those that states have.
"""

PACKAGE = "huaweicloud-image"
"""Name of the package, and namespace of its configuration in programs that declare builds themselves."""
DYNAMIC = "pulumi-python:dynamic/huaweicloud:"
PROVIDED = f"{PACKAGE}:index:"
"""Beginnings of the tokens: of dynamic resources, and of all members of the provider's package."""

ISO_IMAGE = "IsoImage"
ISO_OBJECT = "IsoObject"
BUILD_IDENTITY = "BuildIdentity"
TEMP_SERVER = "TempServer"
OS_INSTALLATION = "OsInstallation"
CAPTURED_IMAGE = "CapturedImage"
TEMP_SERVER_TEARDOWN = "TempServerTeardown"
PREFLIGHT = "Preflight"
IMAGE_PUBLICATION = "ImagePublication"
IMAGE_VERIFICATION = "ImageVerification"
VERIFICATION_TEARDOWN = "VerificationTeardown"
IMAGE_ACCEPTANCE = "ImageAcceptance"
IMAGE_COPY = "ImageCopy"
IMAGE_EXPORT = "ImageExport"


def tokens(kind: str) -> tuple[str, str]:
    """Return the type tokens of a kind of resource."""
    return f"{DYNAMIC}{kind}", f"{PROVIDED}{kind}"


def kind_of(token: str) -> str:
    """Return the kind of a resource by its type token; "" for the resources of others."""
    for beginning in (DYNAMIC, PROVIDED):
        if token.startswith(beginning):
            return token.removeprefix(beginning)
    return ""


def kind_in(urn: str) -> str:
    """Return the kind of a resource by its URN, whose type contains those of its parents; "" for others."""
    # urn:pulumi:<stack>::<project>::<type of the parent>$<type>::<name>
    parts = urn.split("::", 3)
    return kind_of(parts[2].rpartition("$")[2]) if len(parts) == 4 else ""
