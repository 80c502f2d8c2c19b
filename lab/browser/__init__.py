"""The lab's page for a browser, on the control port: sign-in, events, and static files."""
