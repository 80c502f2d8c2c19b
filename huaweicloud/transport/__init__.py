"""Transport: requests over HTTP with retries, a rate limit and a count."""
