"""Entry of the provider: as a folder of the engine's, ``python plugin``, or as a module, ``python -m plugin``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    if __package__ != "plugin":
        sys.path[0] = str(ROOT)  # instead of this folder, whose modules are those of the package `plugin`
    from plugin.server import main

    main(sys.argv[1:])
