"""ISO files: first sectors, boot records and partition tables."""
