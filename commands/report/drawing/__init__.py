"""HTML of a report; every text passes `markup`, which escapes it."""
