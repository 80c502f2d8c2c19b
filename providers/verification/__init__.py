"""Test of a finished image: the wait for its guest, what the console says, and the fate of an image that fails."""
