"""The quick lab of the providers' tests."""

from tests.providers.conftest import cloud, lab, module_lab

__all__ = ["cloud", "lab", "module_lab"]
