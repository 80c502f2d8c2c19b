"""EVS: the disk service."""

from lab.services.evs.volume_app import create_app

__all__ = ["create_app"]
