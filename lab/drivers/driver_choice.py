"""Choice of a compute driver."""

from collections.abc import Callable
from pathlib import Path

from lab.clock import Clock
from lab.drivers.interface import ComputeDriver
from lab.drivers.simulated import SimulatedDriver
from lab.settings import Settings
from lab.start_options import DriverName


def make_driver(name: DriverName, root: Path, clock: Clock, settings: Callable[[], Settings]) -> ComputeDriver:
    """Return the compute driver of a lab, which reads the settings whenever it starts a machine."""
    root.mkdir(parents=True, exist_ok=True)
    if name == "simulated":
        return SimulatedDriver(root, clock, lambda: settings().guest)
    from lab.drivers.qemu import QemuDriver

    driver: ComputeDriver = QemuDriver(root, clock, hardware=lambda: settings().hardware)
    return driver
