"""Storage of buckets, objects and uploads, without HTTP."""
