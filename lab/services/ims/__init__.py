"""IMS: the image service."""

from lab.services.ims.image_app import create_app

__all__ = ["create_app"]
