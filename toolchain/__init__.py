"""Installation of the toolchain: virtual environment, packages, the Pulumi CLI."""
