"""The whole procedure passes under every plausible behaviour of the cloud where its documentation is silent."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lab.variants.variant_catalog import list_variants
from tests.labs import RunningLab
from tests.procedure.build import Build
from tests.procedure.promises import keep_them

ALTERNATIVES = [(v.name, value) for v in list_variants() for value in v.values if value != v.default]
MIXES = st.fixed_dictionaries({v.name: st.sampled_from(v.values) for v in list_variants()})
UEFI = {"hw_firmware_type": "uefi"}


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_the_procedure_passes(lab: RunningLab, build: Build, firmware: str) -> None:
    build.settings = {"hw_firmware_type": firmware}

    keep_them(lab, build)


@pytest.mark.parametrize(("name", "value"), ALTERNATIVES)
def test_the_procedure_passes_under_each_variant(lab: RunningLab, build: Build, name: str, value: str) -> None:
    lab.choose(**{name: value})
    build.settings = UEFI if name.endswith("firmware") else {}

    keep_them(lab, build)


@given(mix=MIXES, firmware=st.sampled_from(["bios", "uefi"]))
@settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_procedure_passes_under_random_mixes(
    lab: RunningLab, build: Build, mix: dict[str, str], firmware: str
) -> None:
    lab.clear_journal()
    lab.choose(**mix)
    build.settings = {"hw_firmware_type": firmware}

    keep_them(lab, build)
