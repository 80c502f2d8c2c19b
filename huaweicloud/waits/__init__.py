"""Parts of a wait: the intervals between its polls, and its progress."""
