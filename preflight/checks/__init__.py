"""Checks, one file per topic. The function `checks` of each returns its checks for a stack."""
