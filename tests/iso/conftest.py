from tests.iso.building import installer_iso

__all__ = ["installer_iso"]
