"""
Read-only checks of all builds of a stack against the cloud, before anything is created.

Independent of Pulumi. Checks are pure functions of what `region_catalog` has read; nothing else sends requests.
"""
