"""Provenance of images: statements of their builds, and their digests as tags of the images."""
