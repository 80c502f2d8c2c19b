"""Accounts, projects and sign-in."""
