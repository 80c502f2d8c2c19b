"""Native interface of the server service (OpenStack Nova v2.1)."""
