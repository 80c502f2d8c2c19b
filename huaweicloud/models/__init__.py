"""Request and response models of the services."""
