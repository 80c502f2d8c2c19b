"""Typed stack settings, and the components that wire the providers' resources into the procedure."""
