"""The dynamic resource providers: a file a resource, and beside them what they share.

The import path of every provider class here is stored in the state of every stack: it never changes.
"""

import os

# Nothing else is to see what is validated here, and looking for plugins takes time in every process.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
