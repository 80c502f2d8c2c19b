"""The benchmark of policy pack and preflight, with few builds."""

import json

import pytest

from bench.benchmarks import preview_with_checks

pytestmark = pytest.mark.e2e


def test_the_number_of_requests_does_not_grow_with_the_number_of_builds(capsys: pytest.CaptureFixture[str]) -> None:
    preview_with_checks.main(["--count", "2", "--rounds", "1"])
    few = json.loads(capsys.readouterr().out)
    preview_with_checks.main(["--count", "12", "--rounds", "1"])
    many = json.loads(capsys.readouterr().out)

    assert few["requests_with"] == many["requests_with"]
    assert many["requests_more"] <= 10
    assert few["ratio"] > 0
