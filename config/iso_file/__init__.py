"""ISO file of a build: its location, its content and its name in messages."""
