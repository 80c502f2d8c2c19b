"""Matrix of stacks, each run by the Pulumi CLI on this machine or on the machines of a cluster."""
