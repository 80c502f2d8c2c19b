"""Regions of a stack: its own one, and others with their endpoints, projects and limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.builds.settings_model import Settings
from config.constraints import WHOLE, WHOLE_TEXT, Text
from config.documentation.settings_documentation import Setting
from config.problems import Finding, problem
from config.shapes import given
from config.sign_in import connection
from config.sign_in.precedence import ENDPOINT_KEYS
from config.suggestions import shown_key, unknown_key
from config.validation import reason

Service = Literal["iam", "ims", "ecs", "evs", "vpc", "obs"]
AtOnce = Annotated[int, Field(ge=1, le=10_000), WHOLE, WHOLE_TEXT]
PollsPerSecond = Annotated[int, Field(ge=1, le=50), WHOLE, WHOLE_TEXT]
LIMITS: Mapping[str, Any] = {
    "servers_at_once": AtOnce,
    "image_tasks_at_once": AtOnce,
    "polls_per_second": PollsPerSecond,
}
"""Limits of a run, with their types."""
MISSING = "is missing; set it, or HW_REGION_NAME in the environment"


class RegionSettings(Settings):
    """Entry of `regions`: a region, or one more project of a region."""

    region: Annotated[
        Text | None, Setting("id of the region, where the entry has another name", default="the entry's name")
    ] = None
    project_name: Annotated[
        Text | None, Setting("name of the project, where it is not the region's own", default="the region's project")
    ] = None
    project_id: Annotated[
        Text | None, Setting("id of the project, where it is not the region's own", default="the region's project")
    ] = None
    endpoints: Annotated[
        dict[Service, str], Setting("base URLs that replace the region's, by service", default="the region's")
    ] = {}
    servers_at_once: Annotated[
        AtOnce | None, Setting("limit of temporary servers in this region", default="the stack's")
    ] = None


@dataclass(frozen=True)
class Regions:
    """
    The regions of a stack.

    Attributes:
        own: Region of builds that name none; "" where the stack has none.
        entries: Setting `regions`, as far as it has no problem.
        faulty: Names of the other entries.
        limit: Limit of temporary servers in each region whose entry has none.
    """

    own: str
    entries: Mapping[str, RegionSettings] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset()
    limit: int | None = None

    def id_of(self, name: str) -> str:
        """Return the id of a region by its name in the stack."""
        entry = self.entries.get(name)
        return (entry.region if entry else None) or name

    def servers_at_once(self, name: str) -> int | None:
        """Return the limit of temporary servers alive together in a region; None for no limit but the quota."""
        entry = self.entries.get(name)
        return (entry.servers_at_once if entry else None) or self.limit

    def sign_in(self) -> dict[str, dict[str, Any]]:
        """Return the entries as far as a client needs them."""
        found = {name: entry.model_dump(exclude={"servers_at_once"}) for name, entry in self.entries.items()}
        told = {name: {key: value for key, value in entry.items() if value} for name, entry in found.items()}
        return {name: entry for name, entry in told.items() if entry}


def read_regions(values: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Regions, list[Finding]]:
    """
    Return the regions of a stack, and every problem of their settings.

    Args:
        values: Settings by key of the stack's configuration; keys that are not of regions are passed over.
        environment: Environment of the process.
    """
    own = str(values.get("region") or environment.get("HW_REGION_NAME") or "")
    limits, problems = _limits(values)
    configured = values.get("regions", {})
    entries: dict[str, RegionSettings] = {}
    for name, settings in configured.items():
        try:
            present = {} if settings is None else given(settings) if isinstance(settings, Mapping) else settings
            entries[str(name)] = RegionSettings.model_validate(present)
        except ValidationError as error:
            problems.extend(_problem(str(name), item) for item in error.errors())
    faulty = frozenset(map(str, configured)) - frozenset(entries)
    return Regions(own, entries, faulty, limits.get("servers_at_once")), problems


def _limits(values: Mapping[str, Any]) -> tuple[dict[str, int], list[Finding]]:
    limits: dict[str, int] = {}
    problems: list[Finding] = []
    for key in (key for key in LIMITS if values.get(key) is not None):
        try:
            limits[key] = TypeAdapter(LIMITS[key]).validate_python(values[key])
        except ValidationError as error:
            problems.append(problem(key, reason(error.errors()[0])))
    return limits, problems


def _problem(name: str, error: ErrorDetails) -> Finding:
    path = [str(part) for part in error["loc"] if part != "[key]"]
    key = ".".join(["regions", *map(shown_key, (name, *path))])
    if error["type"] == "extra_forbidden":
        return problem(key, unknown_key(path[-1], RegionSettings.model_fields))
    if error["type"] == "literal_error":
        return problem(key, unknown_key(path[-1], ENDPOINT_KEYS))
    return problem(key, reason(error))


def problems_by_region(
    regions: Regions, builds: Any, defaults: Any, sign_in: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, list[Finding]]:
    """
    Return the regions that cannot be used, with the problems of each.

    Args:
        regions: Regions of the stack.
        builds: Builds as the configuration has them, the faulty ones among them.
        defaults: Defaults as the configuration has them.
        sign_in: Settings as connection.connect() takes them.
        environment: Environment of the process.

    Returns:
        Problems by region; none for a region whose entry has been found faulty already.
    """
    asked_for = dict.fromkeys(_asked_for(regions.own, builds, defaults))
    keys = {**_by_region(asked_for), **{name: [f"regions.{name}.endpoints"] for name in regions.entries}}
    found: dict[str, list[Finding]] = {name: [] for name in regions.faulty}
    for name in (name for name in keys if name not in found):
        problems = connection.problems_of_region(name, sign_in, environment) if name else [problem("", MISSING)]
        if problems:
            found[name] = [
                replace(item, key=key) for item in problems for key in ([item.key] if item.key else keys[name])
            ]
    return found


def _asked_for(own: str, builds: Any, defaults: Any) -> Iterator[tuple[str, str]]:
    """Yield each region that a build uses, with the key that names it."""
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
