"""
Entry of the lab from its wheel, which is the package `huaweicloud_lab` there.

The lab is inside that package under its own name, because a package of such a common name as `lab` does not belong into
the user's environment. Its processes find it there first.
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))

from lab.__main__ import main  # noqa: E402 - the path is extended before
from lab.testing.started_lab import StartedLab, started_lab  # noqa: E402

__all__ = ["StartedLab", "main", "started_lab"]
