"""The services as clients see them: HTTP only, no rules."""
