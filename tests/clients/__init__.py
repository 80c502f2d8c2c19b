"""Clients that other projects wrote, against the lab: each operation and its result."""
