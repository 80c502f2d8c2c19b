"""Entry point of the policy pack, which the engine starts with this folder as the working directory."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from policy.pack import serve

serve()
