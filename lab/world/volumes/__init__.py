"""Volumes and their attachments."""
