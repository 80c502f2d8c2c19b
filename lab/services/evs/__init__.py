"""EVS: the disk service."""

from lab.services.evs.app import create_app

__all__ = ["create_app"]
