"""One catalogue per region, shared by all checks of the process, so that 200 builds ask for a list once."""

import threading
from typing import TYPE_CHECKING

from providers.runtime import clients

if TYPE_CHECKING:
    from preflight.region_catalog import Catalogue

_lock = threading.Lock()
_known: dict[str, "Catalogue"] = {}


def catalogue(region: str) -> "Catalogue":
    """
    What a region offers and holds, asked at most once in a run.

    Raises:
        CredentialsMissing, UnknownRegion: the configuration does not suffice.
    """
    from preflight.region_catalog import Catalogue

    cloud = clients.cloud(region)
    with _lock:
        if region not in _known or _known[region].cloud is not cloud:
            _known[region] = Catalogue(cloud)
        return _known[region]
