"""Model of a build: its settings, how they are read, and the build as the preflight checks it."""
