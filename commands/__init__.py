"""Commands that `make` and a shell run."""
