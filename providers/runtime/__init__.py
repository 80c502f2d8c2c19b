"""Runtime of a provider inside Pulumi's process: clients, properties, progress, metrics."""
