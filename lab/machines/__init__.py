"""Access to the machines of servers: consoles, screens and power."""
