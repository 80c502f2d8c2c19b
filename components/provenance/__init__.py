"""Inputs of the provenance of an image, from the resources of its build."""
