"""Key pairs for the log-in to servers."""
