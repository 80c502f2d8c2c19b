"""Programs in each language with the provider, under the real engine, against the lab."""
