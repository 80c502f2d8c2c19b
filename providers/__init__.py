"""
Dynamic resource providers: one module for each resource, and folders for what they share.

The import path of every provider class here is stored in the state of every stack, so it never changes.
"""

import os

# The search for plugins takes time in every process, and no plugin is to see the validated values.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
