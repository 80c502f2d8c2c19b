"""Projects that an image cannot be shared with are reported before it is built."""

from lab.world.identity.accounts import DOMAIN, OTHER_REGION, PROJECTS


def id_of(name, domain=DOMAIN):
    return next(project.id for project in PROJECTS if project.name == name and project.domain == domain)


PARTNER = next(project.id for project in PROJECTS if project.domain != DOMAIN)


def keys_of(findings):
    return [(finding.severity, finding.key) for finding in findings]


def test_the_own_project_is_refused(found, local):
    (finding,) = found(local(share_with=[PARTNER, id_of("lab-1")]))

    assert ("error", "builds[0].share_with[1]") == (finding.severity, finding.key)
    assert "built in" in finding.reason


def test_a_project_of_another_region_is_refused_with_its_region(found, local):
    (finding,) = found(local(share_with=[id_of(OTHER_REGION)]))

    assert ("error", "builds[0].share_with[0]") == (finding.severity, finding.key)
    assert OTHER_REGION in finding.reason


def test_other_projects_of_the_region_and_other_accounts_are_let_through(found, local):
    assert [] == found(local(share_with=[PARTNER, id_of("lab-1_team"), "0" * 32]))


def test_all_builds_are_judged(found, local):
    own = id_of("lab-1")

    findings = found(local(share_with=[own]), local(1, name="b", image_name="b", share_with=[PARTNER, own]))

    assert [("error", "builds[0].share_with[0]"), ("error", "builds[1].share_with[1]")] == keys_of(findings)


def test_without_sharing_nobody_asks_for_projects(found, local, lab):
    lab.clear_journal()

    found(local())

    assert not [entry for entry in lab.journal(service="iam") if "projects" in entry["path"]]
