"""
Each faulty configuration that the preflight can find is reported with its key and a remedy, without Pulumi.

`make test-matrix` runs all of them through the CLI; tests/e2e/test_faulty_configurations.py a fixed sample.
"""

from collections.abc import Iterator

import pytest

from config.stack_file import Configured
from config.stack_settings import validate
from preflight import result_lines
from preflight.report import create_report
from tests.e2e.faults import FILES, OF_A_BUILD, OF_THE_STACK, SEEN_BY_THE_CLOUD, Faulty
from tests.e2e.project import build_settings
from tests.labs import RunningLab, set_environment


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), FILES) as running:
        yield running


@pytest.mark.parametrize(
    "faulty", [*OF_THE_STACK, *OF_A_BUILD, *SEEN_BY_THE_CLOUD], ids=lambda faulty: faulty.fault.replace(" ", "-")
)
def test_it_is_reported_with_its_key_and_a_remedy(
    faulty: Faulty, lab: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = faulty.environment(lab.env)
    set_environment(monkeypatch, {key: value for key, value in faulty.variables.items() if value is not None})
    lab.restore()
    lab.change_settings(**faulty.lab)

    settings = validate(faulty.settings(lab.env), environment)
    report = create_report(Configured(settings, settings.problems, []), environment)

    lab.restore()
    text = result_lines.report(report.findings, "image-from-iso")
    assert report.has_errors
    assert [] == [word for word in faulty.says if word not in text], text


def test_a_configuration_without_fault_has_no_finding(lab: RunningLab) -> None:
    settings = validate({"region": "lab-1", "builds": [build_settings(lab.env)]}, lab.env)

    assert [] == create_report(Configured(settings, settings.problems, []), lab.env).findings
