"""Endpoints of the services: known clouds, private deployments, and single base URLs."""

from huaweicloud.endpoints.clouds import CLOUDS, KnownCloud
from huaweicloud.endpoints.deployment import ANY, Deployment, find_deployment
from huaweicloud.endpoints.service_urls import KNOWN_REGIONS, SERVICES, Endpoints, find_endpoints, find_problems

__all__ = (
    "ANY",
    "CLOUDS",
    "KNOWN_REGIONS",
    "SERVICES",
    "Deployment",
    "Endpoints",
    "KnownCloud",
    "find_deployment",
    "find_endpoints",
    "find_problems",
)
