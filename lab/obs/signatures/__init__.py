"""Signatures of requests to the object store."""
