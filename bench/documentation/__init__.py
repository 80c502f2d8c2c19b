"""Pictures of the documentation, made from real runs."""
