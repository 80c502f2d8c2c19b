"""Report of a stack's runs as one HTML file (`make report`)."""
