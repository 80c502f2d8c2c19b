"""The choice of a compute driver."""

from collections.abc import Callable
from pathlib import Path

from lab.clock import Clock
from lab.drivers.base import ComputeDriver
from lab.drivers.simulated import SimulatedDriver
from lab.options import DriverName
from lab.settings import Settings


def make_driver(name: DriverName, root: Path, clock: Clock, settings: Callable[[], Settings]) -> ComputeDriver:
    """Return the compute driver of a lab, which asks for the settings whenever it starts a machine."""
    root.mkdir(parents=True, exist_ok=True)
    if name == "simulated":
        return SimulatedDriver(root, clock, lambda: settings().guest)
    from lab.drivers.qemu import QemuDriver

    driver: ComputeDriver = QemuDriver(root, clock, hardware=lambda: settings().hardware)
    return driver
