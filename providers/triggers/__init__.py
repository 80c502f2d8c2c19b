"""Reasons for a new image that the values of triggers alone do not explain."""
