"""Places that an image cannot be taken to are reported before it is built."""

from collections.abc import Callable
from typing import Any

import pytest

from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.auth.credentials import find_credentials
from huaweicloud.cloud import Cloud
from huaweicloud.endpoints import find_endpoints
from huaweicloud.errors import UnknownRegion
from lab.world.identity.accounts import PROJECTS
from preflight.region_catalog import RegionCatalog
from tests.labs import RunningLab

PLACES = {"lab-1": ("lab-1", "lab-1"), "same": ("lab-1", "lab-1"), "team": ("lab-1", "lab-1_team")}
PLACES |= {"lab-2": ("lab-2", "lab-2"), "south": ("lab-2", "lab-2"), "lost": ("lab-2", "lab-2_none")}
AGENCY = {"agency": "lab-copier"}
Check = Callable[..., list[Finding]]


@pytest.fixture
def judged(found: Check, local: Callable[..., Build], lab: RunningLab) -> Check:
    """Return a function that checks a build with settings of `publish` in a stack of several regions."""

    def catalogs(name: str) -> RegionCatalog:
        if name not in PLACES:
            raise UnknownRegion(f"region {name} is not known", hint="add an entry to regions")
        region, project = PLACES[name]
        endpoints = find_endpoints("lab-1", {}, lab.env)
        return RegionCatalog(Cloud(region, find_credentials({}, lab.env, None), endpoints, project_name=project))

    def check(*, earlier: bool = False, **publish: Any) -> list[Finding]:
        size = publish.pop("size", 40)
        disks = {"data_volumes": [{"volumetype": "SAS", "size": size}]}
        build = local(publish={"family": "debian", "channel": "stable", **publish}, **disks)
        return found(build, catalogs=catalogs, earlier=[build] if earlier else None)

    return check


def shown(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.key.removeprefix("builds[0].publish.")) for finding in findings]


def test_copies_and_exports_that_can_be_made_are_let_through(judged: Check) -> None:
    copies = [{"region": "lab-2", **AGENCY}, {"region": "team"}]

    assert [] == judged(copies=copies, export={"bucket": "lab-images", "format": "qcow2"})


@pytest.mark.recovery("`publish.copies[…].agency: is missing: …`")
@pytest.mark.recovery("`publish.copies[…].region: … cannot be used: …`")
@pytest.mark.parametrize(
    ("copies", "key", "words"),
    [
        ([{"region": "lab-2"}], "agency", "is missing: the image service of lab-1 copies to lab-2 through an agency"),
        ([{"region": "mars", **AGENCY}], "region", "cannot be used: region mars is not known"),
        ([{"region": "lost", **AGENCY}], "region", "no projects named 'lab-2_none'"),
        ([{"region": "same"}], "region", "is the project of the image itself"),
        ([{"region": "same", "name": "other"}], "region", "where a channel would point to both"),
    ],
)
def test_a_copy_that_cannot_be_made_is_refused(judged: Check, copies: Any, key: str, words: str) -> None:
    (finding,) = judged(copies=copies)

    assert [("error", f"copies[0].{key}")] == shown([finding])
    assert words in finding.reason
    assert finding.remedy


@pytest.mark.recovery("`publish.copies[…].region: … has the same project as …`")
def test_two_copies_in_one_project_are_refused(judged: Check) -> None:
    (finding,) = judged(copies=[{"region": "lab-2", **AGENCY}, {"region": "south", **AGENCY}])

    assert [("error", "copies[1].region")] == shown([finding])
    assert "has the same project as 'lab-2'" in finding.reason


@pytest.mark.recovery("`publish.export.bucket: … is a bucket of region …`")
def test_a_bucket_of_another_region_is_refused(judged: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RegionCatalog, "bucket_region", lambda *_: "lab-2")

    findings = judged(export={"bucket": "lab-images", "format": "vhd"})

    (finding,) = [finding for finding in findings if "publish" in finding.key]
    assert [("error", "export.bucket")] == shown([finding])
    assert "is a bucket of region lab-2, but an image is exported within its region, lab-1" in finding.reason


def test_all_problems_are_reported_together(judged: Check) -> None:
    findings = judged(copies=[{"region": "lab-2"}, {"region": "mars"}], export={"bucket": "no-such", "format": "vhd"})

    keys = ["copies[0].agency", "copies[1].region", "export.bucket"]
    assert [("error", key) for key in keys] == sorted(shown(findings))


def test_a_quota_that_has_no_room_for_copies_is_reported_with_its_region(judged: Check, lab: RunningLab) -> None:
    lab.change_settings(quotas={"images": 0})

    findings = [finding for finding in judged(copies=[{"region": "lab-2", **AGENCY}]) if "publish" in finding.key]

    assert [("error", "copies[0].region")] == shown(findings)
    assert "requires 1 copy, but 0 of 0 private images are left in lab-2" in findings[0].reason
    assert [] == judged(copies=[{"region": "lab-2", **AGENCY}], earlier=True)


def test_a_large_disk_is_pointed_out(judged: Check) -> None:
    findings = judged(copies=[{"region": "team"}], export={"bucket": "lab-images", "format": "vhd"}, size=200)

    reasons = [finding.reason for finding in findings if finding.severity == "warning"]
    assert any("copies images up to 128 GiB" in reason for reason in reasons)
    assert any("not offered everywhere for images above 128 GiB" in reason for reason in reasons)
    assert [] == [f for f in judged(export={"bucket": "lab-images", "format": "zvhd2"}, size=200) if "publish" in f.key]


def test_without_copies_no_other_region_is_read(found: Check, local: Callable[..., Build]) -> None:
    assert [] == found(local())
    assert len({project.region for project in PROJECTS}) == 2
