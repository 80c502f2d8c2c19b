"""Failed lookups: refused credentials stop a run, a service that does not respond does not."""

import pytest

from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.cloud import Cloud
from huaweicloud.transport.machine_settings import BUNDLE_VARIABLES
from preflight import checking
from preflight.checked_stack import Stack
from preflight.region_catalog import RegionCatalog
from tests.tls import make_certificate, tls_server


def check(cloud: Cloud, *builds: Build) -> list[Finding]:
    return checking.check(Stack("lab-1", list(builds), RegionCatalog(cloud)))


def test_a_service_that_cannot_be_reached_is_one_warning_that_reports_what_was_not_checked(connect, local):
    (finding,) = check(connect(HW_VPC_ENDPOINT="http://127.0.0.1:1"), local(security_group_ids=["x"]))

    assert ("warning", "region") == (finding.severity, finding.key)
    for word in ("could not check", "VPCs", "subnets", "security groups", "127.0.0.1:1"):
        assert word in str(finding)


def test_without_any_service_there_are_only_warnings(connect, lab, local):
    nowhere = {key: "http://127.0.0.1:1" for key in lab.env if key.endswith(("_ENDPOINT", "_URL"))}

    findings = check(connect(**nowhere), local())

    assert {"warning"} == {finding.severity for finding in findings}


def test_a_wrong_key_is_one_error(connect, local):
    (finding,) = check(connect(HW_SECRET_KEY="not-the-secret"), local())

    assert ("error", "credentials") == (finding.severity, finding.key)
    assert "not-the-secret" not in str(finding)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_one_cause_at_every_service_is_one_finding(connect, lab, local, status):
    for service in ("ecs", "evs", "ims", "vpc"):
        lab.fault("status", service=service, path=".*", status=status, message="the account is restricted")

    assert 1 == len(check(connect(), local()))


def test_a_project_of_somebody_else_is_one_error(connect, lab, local):
    for service, code in (("ecs", "Ecs.0023"), ("evs", "EVS.0001"), ("ims", "IMG.0030"), ("vpc", "VPC.0007")):
        lab.fault("status", service=service, path=".*", status=400, code=code)

    (finding,) = [finding for finding in check(connect(), local()) if finding.severity == "error"]

    assert "project_id" == finding.key


def test_an_agency_that_does_not_exist_is_one_error_that_names_it(connect, lab, local):
    agency = {"HW_ASSUME_ROLE_AGENCY_NAME": "nosuch", "HW_ASSUME_ROLE_DOMAIN_NAME": "lab-partner"}

    (finding,) = check(connect(**agency), local())

    assert ("error", "credentials") == (finding.severity, finding.key)
    assert "agency nosuch does not exist" in str(finding)


def test_a_wrong_password_is_one_error_and_is_not_tried_again_and_again(connect, lab, local):
    lab.clear_journal()
    cloud = connect(HW_ACCESS_KEY=None, HW_SECRET_KEY=None, HW_USER_PASSWORD="not-the-password")

    (finding,) = check(cloud, local())

    assert ("error", "credentials") == (finding.severity, finding.key)
    assert "not-the-password" not in str(finding)
    assert 1 == cloud.request_counts["iam"]


def test_a_look_up_that_is_forbidden_names_the_permission(connect, lab, local):
    lab.fault("status", service="ims", path="/v1/cloudimages/os_version", status=403, code="Pdp.0001")

    findings = [finding for finding in check(connect(), local()) if "operating systems" in finding.reason]

    assert 1 == len(findings)
    assert "ims:images:list" in findings[0].remedy


def test_a_failing_service_is_a_warning_and_the_others_are_checked(connect, lab, local):
    lab.fault("status", service="ims", path="/v1/cloudimages/quota", status=400)

    findings = check(connect(), local(flavor="s6.medium.2"))

    assert {"region", "builds[0].flavor"} == {finding.key for finding in findings}


SERVICES = ("IAM", "IMS", "ECS", "EVS", "VPC", "OBS")


@pytest.mark.recovery("`HW_…_ENDPOINT: the responses are not from …`")
@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("HW_VPC_ENDPOINT", "{HW_IMS_ENDPOINT}"),
        ("HW_IMS_ENDPOINT", "{HW_ECS_ENDPOINT}"),
        ("HW_ECS_ENDPOINT", "{HW_EVS_ENDPOINT}"),
        ("HW_EVS_ENDPOINT", "{HW_IAM_ENDPOINT}"),
        ("HW_IMS_ENDPOINT", "{HW_OBS_ENDPOINT}"),
        ("HW_OBS_ENDPOINT", "{HW_IMS_ENDPOINT}"),
        ("HW_IMS_ENDPOINT", "{HW_IMS_ENDPOINT}/prefix"),
        ("HW_VPC_ENDPOINT", "{https}"),
        ("HW_ECS_ENDPOINT", "{bare}"),
    ],
)
def test_an_endpoint_of_something_else_is_one_error_under_the_setting_that_holds_it(connect, lab, local, variable, url):
    own = lab.env[variable]
    url = url.format(**lab.env, https=own.replace("http:", "https:"), bare=own.removeprefix("http://"))

    findings = check(connect(**{variable: url}), local())

    assert [("error", variable)] == [(finding.severity, finding.key) for finding in findings], findings


@pytest.mark.recovery("`REQUESTS_CA_BUNDLE: names …`, `… its certificate is not accepted …`")
def test_an_authority_that_nobody_knows_is_one_error_for_all_services(connect, local, tmp_path, monkeypatch):
    for variable in BUNDLE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    with tls_server(*make_certificate(tmp_path)) as port:
        secure = {f"HW_{service}_ENDPOINT": f"https://127.0.0.1:{port}" for service in SERVICES}
        findings = check(connect(**secure, HW_AUTH_URL=None), local())

    assert [("error", "REQUESTS_CA_BUNDLE")] == [(finding.severity, finding.key) for finding in findings], findings
    for service in ("ims", "ecs", "evs", "vpc", "obs"):
        assert service in findings[0].reason


def test_a_bundle_that_is_not_there_is_one_error(connect, local, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent.pem")
    secure = {f"HW_{service}_ENDPOINT": "https://127.0.0.1:1" for service in SERVICES}

    findings = check(connect(**secure, HW_AUTH_URL=None), local())

    assert [("error", "REQUESTS_CA_BUNDLE")] == [(finding.severity, finding.key) for finding in findings], findings


def test_a_service_that_lacks_one_operation_is_a_warning(connect, lab, local):
    lab.fault("status", service="ims", path="/v1/cloudimages/quota", status=404, code="APIGW.0101")

    assert ["warning"] == [finding.severity for finding in check(connect(), local())]
