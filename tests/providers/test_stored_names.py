"""Import path and type token of each resource, which every user's state stores."""

import base64
import importlib
from pathlib import Path

import dill
import pytest

import providers
from providers import (
    build_identity,
    captured_image,
    image_acceptance,
    image_copy,
    image_export,
    image_history,
    image_publication,
    image_verification,
    iso_image,
    iso_object,
    os_installation,
    preflight,
    temp_server,
    temp_server_teardown,
)
from providers.runtime.base import StepProvider

STORED = [
    (build_identity.BuildIdentityProvider, build_identity.BuildIdentity, "BuildIdentity"),
    (iso_image.IsoImageProvider, iso_image.IsoImage, "IsoImage"),
    (iso_object.IsoObjectProvider, iso_object.IsoObject, "IsoObject"),
    (temp_server.TempServerProvider, temp_server.TempServer, "TempServer"),
    (os_installation.OsInstallationProvider, os_installation.OsInstallation, "OsInstallation"),
    (captured_image.CapturedImageProvider, captured_image.CapturedImage, "CapturedImage"),
    (image_acceptance.ImageAcceptanceProvider, image_acceptance.ImageAcceptance, "ImageAcceptance"),
    (image_copy.ImageCopyProvider, image_copy.ImageCopy, "ImageCopy"),
    (image_export.ImageExportProvider, image_export.ImageExport, "ImageExport"),
    (image_history.ImageHistoryProvider, image_history.ImageHistory, "ImageHistory"),
    (temp_server_teardown.TempServerTeardownProvider, temp_server_teardown.TempServerTeardown, "TempServerTeardown"),
    (image_publication.ImagePublicationProvider, image_publication.ImagePublication, "ImagePublication"),
    (image_verification.ImageVerificationProvider, image_verification.ImageVerification, "ImageVerification"),
    (
        temp_server_teardown.VerificationTeardownProvider,
        temp_server_teardown.VerificationTeardown,
        "VerificationTeardown",
    ),
    (preflight.PreflightProvider, preflight.Preflight, "Preflight"),
]
MODULES = {
    "BuildIdentity": "providers.build_identity",
    "IsoImage": "providers.iso_image",
    "IsoObject": "providers.iso_object",
    "TempServer": "providers.temp_server",
    "OsInstallation": "providers.os_installation",
    "CapturedImage": "providers.captured_image",
    "ImageAcceptance": "providers.image_acceptance",
    "ImageCopy": "providers.image_copy",
    "ImageExport": "providers.image_export",
    "ImageHistory": "providers.image_history",
    "TempServerTeardown": "providers.temp_server_teardown",
    "ImagePublication": "providers.image_publication",
    "ImageVerification": "providers.image_verification",
    "VerificationTeardown": "providers.temp_server_teardown",
    "Preflight": "providers.preflight",
}


@pytest.mark.parametrize(("provider", "resource", "name"), STORED)
def test_a_provider_is_stored_by_the_name_of_its_class(provider, resource, name):
    pickled = dill.dumps(provider(), recurse=True)

    assert (MODULES[name], f"{name}Provider") == (provider.__module__, provider.__name__)
    assert len(base64.b64encode(pickled)) < 150
    assert f"dynamic/huaweicloud:{name}" == resource._resource_type_name


def _subclasses(cls):
    return {found for each in cls.__subclasses__() for found in (each, *_subclasses(each))}


def test_every_provider_is_pinned():
    modules = {file.stem for file in Path(providers.__file__).parent.glob("*.py")} - {"__init__"}
    for module in modules:
        importlib.import_module(f"providers.{module}")

    classes = {cls for cls in _subclasses(StepProvider) if cls.__module__.startswith("providers.")}

    assert classes == {provider for provider, _, _ in STORED}


@pytest.mark.parametrize(("provider", "resource", "name"), STORED)
def test_a_provider_has_no_state_of_its_own(provider, resource, name):
    assert {} == vars(provider())
