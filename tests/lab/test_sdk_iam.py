"""Signing in: tokens, temporary keys, agencies, projects, through the official SDK and by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import huaweicloudsdkiam.v3 as iam
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkims.v2 import ImsClient, ListImagesRequest

from lab.world.identity.accounts import DOMAIN, PARTNER, PROJECTS
from tests.lab.clients import Clients, refused
from tests.lab.plain import Raw
from tests.labs import RunningLab

pytestmark = pytest.mark.filterwarnings("ignore:Method .* is deprecated")


def password_token(cloud: Clients, scope: Any = None, nocatalog: str | None = None, **user: Any) -> Any:
    env = cloud.env
    known = {
        "name": env["HW_USER_NAME"],
        "password": env["HW_USER_PASSWORD"],
        "domain": iam.PwdPasswordUserDomain(name=env["HW_DOMAIN_NAME"]),
    }
    password = iam.PwdPassword(user=iam.PwdPasswordUser(**{**known, **user}))
    identity = iam.PwdIdentity(methods=["password"], password=password)
    body = iam.KeystoneCreateUserTokenByPasswordRequestBody(auth=iam.PwdAuth(identity=identity, scope=scope))
    request = iam.KeystoneCreateUserTokenByPasswordRequest(nocatalog=nocatalog, body=body)
    return cloud.iam.keystone_create_user_token_by_password(request)


def project_scope(name: str = "lab-1") -> Any:
    return iam.AuthScope(project=iam.AuthScopeProject(name=name))


def test_a_project_token_lasts_a_day(cloud: Clients) -> None:
    response = password_token(cloud, project_scope())
    assert response.x_subject_token.startswith("MII")
    token = response.token
    assert (token.project.id, token.project.name) == (cloud.env["HW_PROJECT_ID"], "lab-1")
    assert (token.methods, token.user.name) == (["password"], cloud.env["HW_USER_NAME"])
    issued, expires = (datetime.fromisoformat(t) for t in (token.issued_at, token.expires_at))
    assert expires - issued == timedelta(days=1)
    assert abs(datetime.now(UTC) - issued) < timedelta(minutes=1)
    endpoints = {entry.name: entry.endpoints[0].url for entry in token.catalog}
    assert endpoints["ims"] == cloud.env["HW_IMS_ENDPOINT"]
    assert password_token(cloud, project_scope(), nocatalog="true").token.catalog == []


def test_without_a_project_the_token_is_the_accounts(cloud: Clients) -> None:
    token = password_token(cloud).token
    assert (token.domain.id, token.project) == (DOMAIN.id, None)
    named = iam.AuthScope(domain=iam.AuthScopeDomain(name=DOMAIN.name))
    assert password_token(cloud, named).token.domain.name == DOMAIN.name


def test_wrong_credentials_and_scopes_are_refused(cloud: Clients) -> None:
    assert refused(lambda: password_token(cloud, password="wrong"))[0] == 401
    assert refused(lambda: password_token(cloud, name="nobody"))[0] == 401
    assert refused(lambda: password_token(cloud, project_scope("mars")))[0] == 401


def test_the_error_has_iams_own_shape(raw: Raw) -> None:
    response = raw.sign_in(password="wrong")
    expected = {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}
    assert (response.status_code, response.json()) == (401, {"error": expected})
    assert response.headers["X-Request-Id"]


def test_a_token_can_be_checked(cloud: Clients) -> None:
    token = password_token(cloud, project_scope()).x_subject_token
    request = iam.KeystoneValidateTokenRequest(x_subject_token=token)
    assert cloud.iam.keystone_validate_token(request).token.project.name == "lab-1"
    forged = iam.KeystoneValidateTokenRequest(x_subject_token="MIIforged")
    assert refused(lambda: cloud.iam.keystone_validate_token(forged))[0] == 404


def test_tokens_expire(raw: Raw, lab: RunningLab) -> None:
    lab.change_settings(token_lifetime_s=1)
    token = raw.sign_in().headers["X-Subject-Token"]

    def status() -> int:
        return raw.send("ims", "GET", "/v2/cloudimages?limit=1", headers={"X-Auth-Token": token}).status_code

    while status() == 200:
        continue
    response = raw.send("ims", "GET", "/v2/cloudimages", headers={"X-Auth-Token": token})
    assert (response.status_code, response.json()["error_code"]) == (401, "APIGW.0301")
    assert "token expires, expires_at:" in response.json()["error_msg"]


def test_an_agency_acts_for_the_other_account(raw: Raw) -> None:
    role = {"agency_name": "lab-builder", "domain_name": PARTNER.name}
    identity = {"methods": ["assume_role"], "assume_role": role}
    body: dict[str, Any] = {"auth": {"identity": identity, "scope": {"project": {"name": "lab-1"}}}}
    response = raw.send("iam", "POST", "/v3/auth/tokens", json=body)
    token = response.json()["token"]
    assert (response.status_code, token["methods"]) == (201, ["assume_role"])
    partner = next(p for p in PROJECTS if p.domain == PARTNER)
    assert token["project"]["id"] == partner.id
    assert token["assumed_by"]["user"]["name"] == raw.env["HW_USER_NAME"]
    headers = {"X-Auth-Token": response.headers["X-Subject-Token"]}
    assert raw.send("ecs", "GET", f"/v1/{partner.id}/cloudservers/detail", headers=headers).status_code == 200
    assert raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail", headers=headers).status_code == 400
    role["agency_name"] = "nobody"
    assert raw.send("iam", "POST", "/v3/auth/tokens", json=body).status_code == 404
    unsigned = raw.send("iam", "POST", "/v3/auth/tokens", json=body, headers={"X-Auth-Token": None})
    assert unsigned.status_code == 401


def temporary_keys(raw: Raw, **token: Any) -> dict[str, str]:
    body = {"auth": {"identity": {"methods": ["token"], "token": token}}}
    response = raw.send("iam", "POST", "/v3.0/OS-CREDENTIAL/securitytokens", json=body)
    assert response.status_code == 201, response.text
    credential: dict[str, str] = response.json()["credential"]
    return credential


def test_temporary_keys_sign_with_their_security_token(raw: Raw, lab: RunningLab) -> None:
    keys = temporary_keys(raw, duration_seconds=900)
    basic = BasicCredentials(keys["access"], keys["secret"], lab.env["HW_PROJECT_ID"])
    without = Clients(lab, basic=basic)
    assert refused(lambda: without.images(limit=1)) == (401, "APIGW.0301")
    complete = BasicCredentials(keys["access"], keys["secret"], lab.env["HW_PROJECT_ID"])
    assert Clients(lab, basic=complete.with_security_token(keys["securitytoken"])).images(limit=1)
    left = datetime.fromisoformat(keys["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=890) < left <= timedelta(seconds=900)
    bad = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 899}}}}
    assert raw.send("iam", "POST", "/v3.0/OS-CREDENTIAL/securitytokens", json=bad).status_code == 400


def test_temporary_keys_of_an_agency_belong_to_the_other_account(cloud: Clients, lab: RunningLab) -> None:
    role = iam.IdentityAssumerole(agency_name="lab-builder", domain_id=PARTNER.id, duration_seconds=900)
    identity = iam.AgencyAuthIdentity(methods=["assume_role"], assume_role=role)
    body = iam.CreateTemporaryAccessKeyByAgencyRequestBody(auth=iam.AgencyAuth(identity=identity))
    request = iam.CreateTemporaryAccessKeyByAgencyRequest(body=body)
    keys = cloud.iam.create_temporary_access_key_by_agency(request).credential
    partner = next(p for p in PROJECTS if p.domain == PARTNER)
    basic = BasicCredentials(keys.access, keys.secret, partner.id).with_security_token(keys.securitytoken)
    assert Clients(lab, basic=basic).images(imagetype="private") == []


def test_projects_are_found_by_name(cloud: Clients) -> None:
    def names(**query: Any) -> list[str]:
        found = cloud.iam.keystone_list_projects(iam.KeystoneListProjectsRequest(**query))
        return [project.name for project in found.projects]

    assert names(name="lab-1") == ["lab-1"]
    assert names() == ["lab-1", "lab-1_team", "lab-2", "MOS"]
    assert names(page=2, per_page=3) == ["MOS"]
    assert names(parent_id=cloud.env["HW_PROJECT_ID"]) == ["lab-1_team"]
    assert refused(lambda: names(page=1))[0] == 400
    own = cloud.iam.keystone_list_auth_projects(iam.KeystoneListAuthProjectsRequest()).projects
    assert len(own) == 4
    domains = cloud.iam.keystone_list_auth_domains(iam.KeystoneListAuthDomainsRequest()).domains
    assert [d.id for d in domains] == [DOMAIN.id]
    shown = cloud.iam.keystone_show_project(iam.KeystoneShowProjectRequest(project_id=cloud.env["HW_PROJECT_ID"]))
    assert shown.project.domain_id == DOMAIN.id


def test_the_sdk_finds_the_project_by_itself(lab: RunningLab) -> None:
    keys = BasicCredentials(lab.env["HW_ACCESS_KEY"], lab.env["HW_SECRET_KEY"])
    keys.with_iam_endpoint(lab.env["HW_IAM_ENDPOINT"])
    region = Region("lab-1", lab.env["HW_IMS_ENDPOINT"])
    client = ImsClient.new_builder().with_credentials(keys).with_region(region).build()
    assert client.list_images(ListImagesRequest(limit=1)).images
    assert keys.project_id == lab.env["HW_PROJECT_ID"]
