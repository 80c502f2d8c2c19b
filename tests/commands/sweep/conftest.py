"""The quick lab of the providers' tests."""

from tests.providers.conftest import cloud, lab, shared_lab

__all__ = ["cloud", "lab", "shared_lab"]
