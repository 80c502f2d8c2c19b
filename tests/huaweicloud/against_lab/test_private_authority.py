"""A private deployment: names from a pattern, and certificates of a private authority, for every service."""

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.sign_in import connection
from huaweicloud.cloud import Cloud
from huaweicloud.endpoints import SERVICES
from huaweicloud.errors import Unreachable
from huaweicloud.transport.machine_settings import BUNDLE_VARIABLES, OWN_BUNDLE_VARIABLE
from tests.huaweicloud.against_lab.clients import CONTENT
from tests.labs import RunningLab
from tests.tls import make_authority, make_certificate, tls_forwarder

DOMAIN = "example.com"
REQUESTS: Mapping[str, Callable[[Cloud], Any]] = {
    "iam": lambda cloud: cloud.list_projects(),
    "ims": lambda cloud: cloud.ims.list_images(),
    "ecs": lambda cloud: cloud.ecs.list_servers(),
    "evs": lambda cloud: cloud.evs.list_volume_types(),
    "vpc": lambda cloud: cloud.vpc.list_vpcs(),
    "obs": lambda cloud: cloud.obs.head_object("lab-images", "small.iso"),
}
SIGN_IN = ("HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return make_authority(tmp_path_factory.mktemp("tls"), f"DNS:*.lab-1.{DOMAIN}", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Yield a lab that accepts requests to the names of the deployment."""
    folder, hosts = tmp_path_factory.mktemp("lab"), [f"{name}.lab-1.{DOMAIN}" for name in SERVICES]
    with RunningLab.holding(folder, {"small.iso": CONTENT}, time_scale=600, hosts=hosts) as running:
        yield running


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve the names of the deployment to this machine, and remove the bundles and proxies of the environment."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *more: Any, **keywords: Any) -> Any:
        own = isinstance(host, str) and host.endswith(DOMAIN)
        return resolve("127.0.0.1" if own else host, *more, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    for name in (*BUNDLE_VARIABLES, OWN_BUNDLE_VARIABLE, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def deployment(lab: RunningLab, files: tuple[Path, Path, Path]) -> Iterator[tuple[dict[str, Any], set[str]]]:
    """Yield the settings of a stack in the deployment without its authority, and the services that were asked for."""
    ports = {name: urlsplit(lab.env[f"HW_{name.upper()}_ENDPOINT"]).port or 0 for name in SERVICES}
    with tls_forwarder(*files[1:], ports, default=ports["obs"]) as (port, asked):
        settings = {
            "region": "lab-1",
            "endpoint": f"https://{{service}}.{{region}}.{DOMAIN}:{port}",
            # An address, because the lab's object store finds the bucket in the path.
            "endpoints": {"obs": f"https://127.0.0.1:{port}"},
        }
        yield settings, asked


def sign_in(lab: RunningLab) -> dict[str, str]:
    return {name: lab.env[name] for name in SIGN_IN}


@pytest.mark.parametrize("by", ["the setting", "the environment"])
def test_every_service_is_reached_by_the_pattern_with_the_authority(
    lab: RunningLab,
    files: tuple[Path, Path, Path],
    deployment: tuple[dict[str, Any], set[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    by: str,
) -> None:
    settings, asked = deployment
    monkeypatch.setenv("SSL_CERT_FILE", str(make_certificate(tmp_path)[0]))  # of another authority
    if by == "the setting":
        settings["ca_bundle"] = str(files[0])
    else:
        settings["ca_bundle"] = "/nonexistent"
        monkeypatch.setenv(OWN_BUNDLE_VARIABLE, str(files[0]))
    cloud = connection.connect("lab-1", settings, sign_in(lab))

    results = {service: send(cloud) for service, send in REQUESTS.items()}

    assert results["obs"] is not None
    assert {*SERVICES} == {*cloud.request_counts}
    assert {*SERVICES} - {"obs"} | {""} == asked
    cloud.close()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("bundle", [None, "of another authority"])
def test_no_service_is_reached_without_the_authority(
    lab: RunningLab,
    files: tuple[Path, Path, Path],
    deployment: tuple[dict[str, Any], set[str]],
    tmp_path: Path,
    service: str,
    bundle: str | None,
) -> None:
    settings, _ = deployment
    if bundle:
        settings["ca_bundle"] = str(make_certificate(tmp_path)[0])
    # Sign-in without TLS, so that the request of the service itself is the one that fails.
    plain = {} if service == "iam" else {"HW_IAM_ENDPOINT": lab.env["HW_IAM_ENDPOINT"]}
    cloud = connection.connect("lab-1", settings, {**sign_in(lab), **plain})

    with pytest.raises(Unreachable, match="certificate is not accepted") as raised:
        REQUESTS[service](cloud)

    setting = "ca_bundle" if bundle else "REQUESTS_CA_BUNDLE"
    assert setting == raised.value.setting == cloud.setting_to_blame(raised.value)
    assert f"Set {setting} to a file" in raised.value.hint
    cloud.close()
