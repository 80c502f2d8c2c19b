"""The services from their clients' point of view: HTTP only, no rules."""
