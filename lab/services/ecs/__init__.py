"""ECS: the server service."""

from lab.services.ecs.app import create_app

__all__ = ["create_app"]
