"""Facts and findings on the operating system of an image, one topic in each module."""
