"""The crash matrix: every request of the procedure, cut short in every way, and what the next command makes of it."""
