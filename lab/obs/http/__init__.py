"""HTTP interface of the object store."""
