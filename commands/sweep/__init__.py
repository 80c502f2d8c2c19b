"""What this tool has made in a project of the cloud: whose it is, what it costs, and how it is removed."""
