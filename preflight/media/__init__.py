"""ISO files: first sectors, content, names and partitions."""
