"""Servers: creation, lists, power and deletion."""
