"""Authentication: credentials, their sources, tokens and signatures."""
