"""Journal and log of the lab, without secrets."""
