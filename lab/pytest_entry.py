"""Entry of pytest's plugin from the wheel, where it is `huaweicloud_lab.pytest_entry`."""

from importlib import import_module

import_module("huaweicloud_lab")  # it extends the path

from lab.testing.pytest_plugin import huaweicloud, huaweicloud_lab, pytest_addoption  # noqa: E402

__all__ = ["huaweicloud", "huaweicloud_lab", "pytest_addoption"]
