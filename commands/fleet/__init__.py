"""Whole stacks as the unit: a matrix of them, each run through the Pulumi CLI, here or on the machines of a cluster."""
