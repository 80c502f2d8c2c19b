"""Documentation of the settings: reference page and JSON schema, from the models."""
