"""Ready-made answers for installers, from a few values."""
