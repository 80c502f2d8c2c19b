"""Read-only readers for the content of a disk: image file, partitions, file systems, archives."""
