"""
Fixed polling of the providers, as is common: a poll every 10 s, the first after 10 s.

It belongs on PYTHONPATH of a Pulumi command. It replaces only the function that returns the pause before the next poll.
If that function does not exist any more, the process ends with a message.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULE, FUNCTION = "huaweicloud.polling", "next_interval"
EVERY_S = 10.0


class _Loader(importlib.abc.Loader):
    def __init__(self, original: importlib.abc.Loader) -> None:
        self._original = original

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._original.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._original.exec_module(module)
        if not callable(getattr(module, FUNCTION, None)):
            raise ImportError(f"{MODULE} has no {FUNCTION}() any more, so the fixed polling cannot replace it")
        setattr(module, FUNCTION, lambda *_, **__: EVERY_S)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())
