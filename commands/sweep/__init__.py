"""Leftovers of this tool in a project of the cloud: their builds, costs and deletion."""
