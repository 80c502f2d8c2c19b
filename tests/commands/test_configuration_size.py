"""Size of a configuration that the official host for Python programs accepts."""

from pathlib import Path

import pytest

from commands import configuration_size
from toolchain.steps import SetupError


def test_the_official_host_has_a_limit_that_is_reported_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration_size, "ROOT", tmp_path)
    monkeypatch.setattr(configuration_size, "uses_official_host", lambda: True)
    builds = "\n".join(f"    - {{name: b{n}, user_data: {'x' * 30 * 1024}}}" for n in range(5))
    (tmp_path / "Pulumi.big.yaml").write_text(f"config:\n  image-from-iso:builds:\n{builds}\n")
    (tmp_path / "Pulumi.small.yaml").write_text("config:\n  image-from-iso:region: lab-1\n")

    configuration_size.require_room("small")
    configuration_size.require_room("absent")
    with pytest.raises(SetupError, match=r"has 150 KiB, but this Pulumi CLI passes at most 128 KiB"):
        configuration_size.require_room("big")
