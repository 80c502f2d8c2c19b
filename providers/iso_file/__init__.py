"""ISO file of a build: recorded content, digest and source."""
