"""The lab's page in a real browser (`make test-console`)."""
