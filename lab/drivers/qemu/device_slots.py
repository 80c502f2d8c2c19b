"""
Slots of a machine's devices on its PCI bus.

Every kind of device has slots of its own, so that a device keeps its slot, whatever else a server has. An installer
writes the name of its network card, which Linux derives from the slot, into the configuration of the installed system.
Slots 0 and 1 are the board's own.
"""

from dataclasses import dataclass

BUS = "pci.0"
FUNCTIONS = 8


@dataclass(frozen=True)
class Slots:
    """
    Slots of the bus for devices of one kind, in the order in which a guest finds them.

    Attributes:
        own: Slots that hold one device each.
        shared: Slots that hold the devices beyond those, as up to eight functions.
    """

    own: range
    shared: range

    def place(self, index: int) -> str:
        """Return QEMU's properties for the slot of the ``index``-th device."""
        if index < len(self.own):
            return _slot(self.own[index])
        slot, function = divmod(index - len(self.own), FUNCTIONS)
        return f"{_slot(self.shared[slot])}.{function}{'' if function else ',multifunction=on'}"


def _slot(number: int) -> str:
    return f",bus={BUS},addr={number:x}"


SCREEN = _slot(0x02)
NETWORK_CARDS = Slots(range(0x03, 0x06), range(0x06, 0x08))
DISKS = Slots(range(0x08, 0x18), range(0x18, 0x1E))
DISC_CONTROLLER = _slot(0x1E)
RANDOM_NUMBERS = _slot(0x1F)
