"""Hosts for programs in YAML, TypeScript and Go, and SDKs of the provider for programs in three languages."""
