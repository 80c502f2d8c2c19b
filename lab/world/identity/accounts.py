"""Fixed identities: the region, its accounts, their projects and agencies."""

import os
from dataclasses import dataclass

from lab.start_options import DEFAULT_REGION, REGION_VARIABLE
from lab.world.ids import fixed_hex

REGION = os.environ.get(REGION_VARIABLE, DEFAULT_REGION)
ZONES = (f"{REGION}a", f"{REGION}b")
OTHER_REGION = "lab-2" if REGION != "lab-2" else "lab-1"


@dataclass(frozen=True)
class Domain:
    """Account of the cloud."""

    id: str
    name: str


@dataclass(frozen=True)
class Project:
    """Project of an account; the built-in one of a region has the region's name."""

    id: str
    name: str
    domain: Domain
    region: str


@dataclass(frozen=True)
class User:
    id: str
    name: str
    domain: Domain


def _domain(name: str) -> Domain:
    return Domain(fixed_hex(f"domain {name}"), name)


def _project(domain: Domain, name: str, region: str) -> Project:
    return Project(fixed_hex(f"project {domain.name} {name}"), name, domain, region)


DOMAIN = _domain("lab-account")
PARTNER = _domain("lab-partner")
USER = User(fixed_hex("user lab-user"), "lab-user", DOMAIN)
PROJECT = _project(DOMAIN, REGION, REGION)
PROJECTS = (
    PROJECT,
    _project(DOMAIN, f"{REGION}_team", REGION),
    _project(DOMAIN, OTHER_REGION, OTHER_REGION),
    _project(DOMAIN, "MOS", REGION),
    _project(PARTNER, REGION, REGION),
)
AGENCIES = {(PARTNER.id, "lab-builder"), (DOMAIN.id, "lab-copier")}
"""(delegating account, agency name): the user may act for the partner account, and IMS for the user's own."""


def domain_by_id(domain_id: str) -> Domain:
    return PARTNER if domain_id == PARTNER.id else DOMAIN


def project_by_id(project_id: str | None) -> Project | None:
    return next((p for p in PROJECTS if p.id == project_id), None)


def find_project(domain: Domain, *, project_id: str | None = None, name: str | None = None) -> Project | None:
    """Return a project of an account by id or by name."""
    own = [p for p in PROJECTS if p.domain == domain]
    return next((p for p in own if (project_id or p.id) == p.id and (name or p.name) == p.name), None)
