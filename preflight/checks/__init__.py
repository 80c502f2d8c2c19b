"""The checks, a topic a file; each gives a list of `Check` for a stack."""
