"""The preflight without Pulumi: says what a stack's builds would meet, before anything is bought."""
