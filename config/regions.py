"""Where the builds of a stack go: its own region, and others with their endpoints, projects and limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.constraints import Text, WholeText
from config.shapes import given
from config.suggestions import shown_key, unknown_key
from providers.runtime import clients
from providers.runtime.properties import reason

Service = Literal["iam", "ims", "ecs", "evs", "vpc", "obs"]
AtOnce = Annotated[WholeText, Field(ge=1, le=10_000)]
LIMITS = ("servers_at_once", "image_tasks_at_once")
MISSING = "is missing; set it, or HW_REGION_NAME in the environment"


class RegionSettings(BaseModel):
    """
    An entry of `regions`: a region, or one more project of a region.

    Attributes:
        region: the region's id, where the entry is not named by it.
        project_name, project_id: the project, where it is not the region's own.
        endpoints: base URLs that replace the region's, by service.
        servers_at_once: how many temporary servers may be alive together in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Text | None = None
    project_name: Text | None = None
    project_id: Text | None = None
    endpoints: dict[Service, str] = {}
    servers_at_once: AtOnce | None = None


@dataclass(frozen=True)
class Regions:
    """
    The regions of a stack.

    Attributes:
        own: the region of builds that name none; "" where the stack has none.
        entries: the setting `regions`, as far as it is without fault.
        faulty: the names of the other entries.
        limit: of each region's temporary servers, where its entry has none.
    """

    own: str
    entries: Mapping[str, RegionSettings] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset()
    limit: int | None = None

    def id_of(self, name: str) -> str:
        """The region's id."""
        entry = self.entries.get(name)
        return (entry.region if entry else None) or name

    def servers_at_once(self, name: str) -> int | None:
        """How many temporary servers may be alive together in a region; None for no limit but the quota."""
        entry = self.entries.get(name)
        return (entry.servers_at_once if entry else None) or self.limit

    def sign_in(self) -> dict[str, dict[str, Any]]:
        """The entries as far as a client needs them."""
        found = {name: entry.model_dump(exclude={"servers_at_once"}) for name, entry in self.entries.items()}
        told = {name: {key: value for key, value in entry.items() if value} for name, entry in found.items()}
        return {name: entry for name, entry in told.items() if entry}


def read_regions(values: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Regions, list[str]]:
    """
    The regions of a stack.

    Args:
        values: by key of the stack's configuration; keys that are not of regions are passed over.
        environment: the process's.

    Returns:
        The regions, and a line for every fault of their settings.
    """
    own = str(values.get("region") or environment.get("HW_REGION_NAME") or "")
    limits, faults = _limits(values)
    configured = values.get("regions", {})
    entries: dict[str, RegionSettings] = {}
    for name, settings in configured.items():
        try:
            present = {} if settings is None else given(settings) if isinstance(settings, Mapping) else settings
            entries[str(name)] = RegionSettings.model_validate(present)
        except ValidationError as error:
            faults.extend(_fault(str(name), fault) for fault in error.errors())
    faulty = frozenset(map(str, configured)) - frozenset(entries)
    return Regions(own, entries, faulty, limits.get("servers_at_once")), faults


def _limits(values: Mapping[str, Any]) -> tuple[dict[str, int], list[str]]:
    limits: dict[str, int] = {}
    faults: list[str] = []
    for key in (key for key in LIMITS if values.get(key) is not None):
        try:
            limits[key] = TypeAdapter(AtOnce).validate_python(values[key])
        except ValidationError as error:
            faults.append(f"{key}: {reason(error.errors()[0])}")
    return limits, faults


def _fault(name: str, fault: ErrorDetails) -> str:
    path = [str(part) for part in fault["loc"] if part != "[key]"]
    key = ".".join(["regions", *map(shown_key, (name, *path))])
    if fault["type"] == "extra_forbidden":
        return f"{key}: {unknown_key(path[-1], RegionSettings.model_fields)}"
    if fault["type"] == "literal_error":
        return f"{key}: {unknown_key(path[-1], clients.ENDPOINT_KEYS)}"
    return f"{key}: {reason(fault)}"


def faults_of_places(
    regions: Regions, builds: Any, defaults: Any, sign_in: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, list[str]]:
    """
    Which regions cannot be used, and why.

    Args:
        regions: of the stack.
        builds: as the configuration has them, the faulty ones among them.
        defaults: as the configuration has them.
        sign_in: the settings as session.connect() takes them.
        environment: the process's.

    Returns:
        Lines of the report, by region; none for a region whose entry has been found faulty already.
    """
    asked_for = dict.fromkeys(_asked_for(regions.own, builds, defaults))
    keys = {**_by_region(asked_for), **{name: [f"regions.{name}.endpoints"] for name in regions.entries}}
    found: dict[str, list[str]] = {name: [] for name in regions.faulty}
    for name in (name for name in keys if name not in found):
        faults = clients.faults_of_region(name, sign_in, environment) if name else [("", MISSING)]
        if faults:
            found[name] = [
                f"{key}: {fault}" for setting, fault in faults for key in ([setting] if setting else keys[name])
            ]
    return found


def _asked_for(own: str, builds: Any, defaults: Any) -> Iterator[tuple[str, str]]:
    """Each region that a build asks for, with the key that says so."""
    shared = defaults.get("region") if isinstance(defaults, Mapping) else None
    listed = [build for build in builds if isinstance(build, Mapping)] if isinstance(builds, list) else []
    if not listed:
        yield own, "region"
    for index, build in enumerate(builds if listed else []):
        given = build.get("region") if isinstance(build, Mapping) else None
        if isinstance(given, str) and given:
            yield given, f"builds[{index}].region"
        elif isinstance(shared, str) and shared:
            yield shared, "defaults.region"
        else:
            yield own, "region"


def _by_region(asked_for: Mapping[tuple[str, str], None]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, key in asked_for:
        found.setdefault(name, []).append(key)
    return found
