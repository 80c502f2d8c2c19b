"""Files of the lab on this machine."""
