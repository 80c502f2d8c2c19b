"""Build of the unattended installer ISO, from distribution packages, reproducibly."""
