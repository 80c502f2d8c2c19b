"""Observation of an installation: console, installer starts, diagnostics."""
