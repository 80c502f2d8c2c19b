"""Channels of families: the images that they point to, and their moves."""
