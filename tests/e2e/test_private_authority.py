"""Builds over TLS with certificates of a private authority, by the dynamic program and by the provider."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from huaweicloud.endpoints import SERVICES
from tests.e2e.cloud import CloudView
from tests.e2e.consumer import Consumer, inputs
from tests.e2e.project import Project, build_settings
from tests.labs import RunningLab
from tests.tls import make_authority, tls_forwarder

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("private-authority")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return make_authority(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.fixture
def secure(lab: RunningLab, files: tuple[Path, Path, Path]) -> Iterator[dict[str, str]]:
    """Yield the environment of the lab with https endpoints only."""
    with ExitStack() as stack:
        environment = {key: value for key, value in lab.env.items() if key != "HW_AUTH_URL"}
        for service in SERVICES:
            name = f"HW_{service.upper()}_ENDPOINT"
            port = urlsplit(lab.env[name]).port or 0
            forwarder = stack.enter_context(tls_forwarder(*files[1:], {}, default=port))
            environment[name] = f"https://127.0.0.1:{forwarder[0]}"
        yield environment


def test_a_stack_builds_with_the_authority_and_not_without(
    lab: RunningLab, cloud: CloudView, secure: dict[str, str], files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", secure)
    settings = {"region": "lab-1", "builds": [build_settings(lab.env)]}
    project.configure(**settings)
    refused = project.preview()
    project.configure(**settings, ca_bundle=str(files[0]))

    built = project.up_after_preview()

    assert 0 != refused.status
    assert "REQUESTS_CA_BUNDLE: " in refused.output
    assert "its certificate is not accepted" in refused.output
    assert 0 == built.status, built
    assert [project.outputs()["images"]["debian"]] == [image["id"] for image in cloud.images("FusionCompute")]
    assert 0 == project.destroy().status
    assert cloud.everything() == (0, 0, 0)


def test_the_provider_builds_with_the_authority(
    lab: RunningLab, cloud: CloudView, secure: dict[str, str], files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    consumer = Consumer(tmp_path / "consumer", secure)
    keys = {"region": "lab-1", "ca_bundle": str(files[0])}
    consumer.configure(builds={"golden": inputs(lab)}, **{f"huaweicloud-image:{key}": keys[key] for key in keys})

    built = consumer.up()

    assert 0 == built.status, built
    assert 0 == consumer.destroy().status
    assert cloud.everything() == (0, 0, 0)
