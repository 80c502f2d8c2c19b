"""Configuration of a stack: typed settings, and every problem with its key. Imports neither Pulumi nor requests."""
