"""The benchmark of the lab under load, with little load."""

import pytest

from bench import lab_load


def test_it_measures_every_phase_and_leaves_nothing_but_images(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == lab_load.main(["--count", "10", "--clients", "4"])

    printed = capsys.readouterr().out
    for phase in ("order images and servers", "poll jobs in flight", "capture disks", "delete servers"):
        assert phase in printed
    assert "left: 0 servers, 0 disks," in printed
