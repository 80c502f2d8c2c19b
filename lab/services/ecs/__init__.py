"""ECS: the server service."""

from lab.services.ecs.server_app import create_app

__all__ = ["create_app"]
