"""VPC: the network service."""

from lab.services.vpc.network_app import create_app

__all__ = ["create_app"]
