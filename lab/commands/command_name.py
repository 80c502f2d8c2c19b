"""Name of the lab's command, as messages show it: in a clone of the project, and in the lab's wheel."""

from pathlib import Path

_IS_IN_WHEEL = Path(__file__).resolve().parents[2].name == "huaweicloud_lab"
COMMAND = "huaweicloud-lab" if _IS_IN_WHEEL else "python -m lab"
