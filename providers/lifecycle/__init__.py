"""Lifecycle of resources in the cloud: create exactly once, adopt after a crash, delete safely."""
