"""Tests of the client against the lab."""
