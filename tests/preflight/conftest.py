"""A lab with ISO files, and the preflight against it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.auth.credentials import find_credentials
from huaweicloud.cloud import Cloud
from huaweicloud.endpoints import find_endpoints
from preflight import checking
from preflight.checked_stack import Stack
from preflight.region_catalog import RegionCatalog
from tests.isos import MIB, guid_table, iso, udf
from tests.labs import RunningLab
from tests.preflight.builds import build

FILES = {
    "installer.iso": iso("INSTALLER", ("bios", "uefi")),
    "bios.iso": iso("BIOS", ("bios",)),
    "uefi.iso": iso("UEFI", ("uefi",)),
    "data.iso": iso("DATA", ()),
    "text.iso": b"this is no disc image\n" * 4096,
    "empty.iso": b"",
    "cut.iso": iso("CUT", size=3 * MIB)[: 2 * MIB],
    "head.iso": iso("HEAD", size=3 * MIB)[:40000],
    "udf.iso": udf(40),
    "hybrid.iso": guid_table(3 * MIB // 512 - 1) + iso("HYBRID", size=2 * MIB)[1024:],
}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), FILES, time_scale=600) as running:
        yield running


@pytest.fixture(autouse=True)
def _restored(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "lab" in request.fixturenames:
        request.getfixturevalue("lab").restore()


@pytest.fixture
def connect(lab: RunningLab) -> Callable[..., Cloud]:
    """Return a function that creates a client of the lab, with changes to the environment."""

    def make(**changes: str | None) -> Cloud:
        environment = {key: value for key, value in {**lab.env, **changes}.items() if value is not None}
        endpoints = find_endpoints("lab-1", {}, environment)
        return Cloud(
            "lab-1", find_credentials({}, environment, None), endpoints, project_id=environment.get("HW_PROJECT_ID")
        )

    return make


@pytest.fixture
def local(lab: RunningLab) -> Callable[..., Build]:
    """Return a function that creates a build for the lab, with changes."""

    def make(index: int = 0, **changes: Any) -> Build:
        network = {"vpc_id": lab.env["HW_VPC_ID"], "subnet_id": lab.env["HW_SUBNET_ID"]}
        return build(index, **{**network, **changes})

    return make


@pytest.fixture
def found(connect: Callable[..., Cloud]) -> Callable[..., list[Finding]]:
    """Return a function that checks builds against the lab."""

    def check(*builds: Build, earlier: list[Build] | None = None, **more: Any) -> list[Finding]:
        return checking.check(Stack("lab-1", list(builds), RegionCatalog(connect()), earlier or [], **more))

    return check
