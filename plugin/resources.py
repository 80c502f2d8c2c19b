"""Resources of the package as custom resources, and the providers that serve them: the classes of `providers/`."""

from typing import Any

import pulumi

from config.resource_types import PACKAGE, PREFLIGHT, PROVIDED, kind_in
from plugin.package.schema_types import token
from plugin.package.spelling import camel, in_camel_case
from plugin.registration import register
from providers.build_identity import BuildIdentity
from providers.captured_image import CapturedImage
from providers.image_acceptance import ImageAcceptance
from providers.image_copy import ImageCopy
from providers.image_export import ImageExport
from providers.image_history import ImageHistory
from providers.image_publication import ImagePublication
from providers.image_verification import ImageVerification
from providers.iso_image import IsoImage
from providers.iso_object import IsoObject
from providers.os_installation import OsInstallation
from providers.preflight import Preflight
from providers.runtime import serving
from providers.runtime.base import StepProvider, StepResource
from providers.temp_server import TempServer
from providers.temp_server_teardown import TempServerTeardown, VerificationTeardown

RESOURCES: tuple[type[StepResource], ...] = (
    BuildIdentity,
    CapturedImage,
    ImageAcceptance,
    ImageCopy,
    ImageExport,
    ImageHistory,
    ImagePublication,
    ImageVerification,
    IsoImage,
    IsoObject,
    OsInstallation,
    Preflight,
    TempServer,
    TempServerTeardown,
    VerificationTeardown,
)
PROVIDERS: dict[str, StepProvider] = {token(found.__name__): found.provider_class() for found in RESOURCES}
"""Provider of each resource, by type token."""
SECRETS = frozenset({"user_data"})
"""Properties that are always secret: installers get the first password by their user data."""


def provider_of(urn: str) -> StepProvider:
    """
    Return the provider of a resource.

    Raises:
        ValueError: The package has no such resource.
    """
    kind = urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else urn
    if kind not in PROVIDERS:
        raise ValueError(f"{PACKAGE} has no resource {kind!r}; it has {', '.join(PROVIDERS)}")
    return PROVIDERS[kind]


def is_check(urn: str) -> bool:
    """Return True for the check of a build, whose messages are about the settings that a program has given."""
    return kind_in(urn) == PREFLIGHT


def _as_custom(resource: StepResource, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
    kind = type(resource).__name__
    old = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=serving.dynamic_token(type(resource)))])
    register(resource, token(kind), name, props, pulumi.ResourceOptions.merge(old, opts))


WAY = serving.Way(PACKAGE, PROVIDED.removesuffix(":"), _as_custom, camel, in_camel_case)
"""Resources of the package, which were dynamic resources before a stack went over to the provider."""
