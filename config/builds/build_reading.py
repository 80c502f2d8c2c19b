"""Builds of a stack's configuration, read all together: each with the defaults of the stack, and every problem."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.builds.build_settings import BuildSettings
from config.builds.distribution import with_shares
from config.iso_file.iso_upload import resolved
from config.problems import Finding, problem
from config.shapes import given
from config.suggestions import shown_key
from config.validation import reason

ISO_FILE = ("iso", "image_url")
"""Settings that name the ISO file, of which a build has one."""
Location = tuple[str | int, ...]
"""Path of a value within the settings of a build."""


def read_builds(builds: Sequence[Any], defaults: Mapping[Any, Any] | None) -> tuple[list[BuildSettings], list[Finding]]:
    """
    Return the builds of a stack, each with the stack's defaults filled in.

    Args:
        builds: Builds as the configuration has them.
        defaults: Settings that all builds share; None if they cannot be read, so that nothing counts as missing.

    Returns:
        The builds without problems, and every problem of the others.
    """
    good: list[BuildSettings] = []
    problems: list[Finding] = []
    for index, build in enumerate(builds):
        if not isinstance(build, Mapping):
            reason_ = "must be a mapping of settings, with name, image_url and so on"
            problems.append(problem(f"builds[{index}]", reason_))
            continue
        # what a build leaves empty is absent, even if all others have a default for it
        values = given({**_defaults_beside(build, defaults or {}), **build})
        settings, found = read_build(values, f"builds[{index}]", may_lack=None if defaults is None else ())
        good.extend([settings] if settings else [])
        problems.extend(found)
    return good, [*problems, *_repeated_names(good), *_different_pins(good), *_same_channels(good)]


def read_build(
    values: Mapping[str, Any],
    key: str,
    *,
    may_lack: Collection[Location] | None = (),
    hidden: Collection[str] = (),
    fixed: Collection[str] = (),
) -> tuple[BuildSettings | None, list[Finding]]:
    """
    Return the settings of one build, and every problem of them.

    Args:
        values: Values by setting.
        key: Key of the build in the messages.
        may_lack: Locations of values that are not known yet, so that they do not count as missing; None for all.
        hidden: Settings whose values are secret.
        fixed: Settings that the user does not give, so that none is suggested.

    Returns:
        The settings, or None if a value is faulty or not known yet.
    """
    values, reasons = resolved_settings(values)
    problems = [problem(f"{key}.{name}", reason_) for name, reason_ in reasons]
    try:
        settings = BuildSettings.model_validate(values)
        return (None, problems) if problems else (settings, [])
    except ValidationError as error:
        found = error.errors()
    reported = {name.partition(".")[0] for name, _ in reasons} | ({"image_url"} if reasons else set())
    found = [item for item in found if not (item["loc"] and item["loc"][0] in reported)]
    is_open = [item["type"] == "missing" and (may_lack is None or item["loc"] in may_lack) for item in found]
    faults = [item for item, is_allowed in zip(found, is_open, strict=True) if not is_allowed]
    for item in faults:
        if item["loc"] and item["loc"][0] in hidden:
            item["input"] = None
    return None, [*problems, *(problem(_key(key, item["loc"]), _reason(item, fixed)) for item in faults)]


def resolved_settings(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the settings of a build without those that stand for others, and their problems, each with its setting."""
    values, reasons = resolved(values)
    values, more = with_shares(values)
    return values, [*reasons, *more]


def _defaults_beside(build: Mapping[Any, Any], defaults: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the defaults of a build without the other of `iso` and `image_url`, which exclude each other."""
    named = [name for name in ISO_FILE if build.get(name)]
    return {key: value for key, value in defaults.items() if not named or key not in ISO_FILE}


def read_defaults(values: Mapping[Any, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """
    Return the settings that all builds of a program share, without unknown ones, and a problem for each of those.

    All other problems are reported for the builds that use the value.

    Args:
        values: Values by setting.
    """
    known = {key: value for key, value in given(values).items() if key != "name"}
    try:
        BuildSettings.model_validate(known)
    except ValidationError as error:
        unknown = [item for item in error.errors() if item["type"] == "extra_forbidden"]
        for item in unknown:
            *outer, name = item["loc"]
            part: Any = known
            for step in outer:
                part = part[step]
            del part[name]
        return known, [problem(_key("defaults", item["loc"]), _reason(item, ("name",))) for item in unknown]
    return known, []


def value_of(name: str, value: Any) -> Any:
    """Return the value of one setting as the model has it; a faulty one as it is, because its problem is reported."""
    field = BuildSettings.model_fields[name]
    if value is None and not field.is_required():
        return field.get_default(call_default_factory=True, validated_data={})
    try:
        return _adapter(name).validate_python(value)
    except ValidationError:
        return value


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(BuildSettings.model_fields[name].rebuild_annotation())


def pins(builds: Sequence[BuildSettings]) -> dict[tuple[str | None, str], str]:
    """Return the digests that builds pin, by region and ISO file; a digest holds for all builds of the file."""
    return {(build.region, build.image_url): build.object_sha256 for build in builds if build.object_sha256}


def _reason(error: ErrorDetails, fixed: Collection[str] = ()) -> str:
    if error["type"] == "missing":
        return "is missing; set it in the build, or in `defaults` for all builds"
    return reason(error, BuildSettings, fixed)


def _key(key: str, location: Location) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}" for part in location)
    return f"{key}{path}"


def _repeated_names(builds: list[BuildSettings]) -> list[Finding]:
    names = [build.name for build in builds]
    repeated = sorted({name for name in names if names.count(name) > 1})
    return [problem("builds", f"the name {name!r} is given to more than one build") for name in repeated]


def _same_channels(builds: Sequence[BuildSettings]) -> list[Finding]:
    """Return a problem for each channel that more than one build of a region publishes to."""
    first_by_channel: dict[tuple[str | None, str, str], BuildSettings] = {}
    problems = []
    for build in builds:
        if build.publish is None:
            continue
        key = (build.region, build.publish.family, build.publish.channel)
        first = first_by_channel.setdefault(key, build)
        if first is not build:
            channel = f"channel {build.publish.channel!r} of family {build.publish.family!r}"
            both = f"builds {first.name!r} and {build.name!r} publish to {channel}"
            problems.append(problem("builds", f"{both}, which has one image at a time; choose another channel"))
    return problems


def _different_pins(builds: Sequence[BuildSettings]) -> list[Finding]:
    first_by_file: dict[tuple[str | None, str], BuildSettings] = {}
    problems = []
    for build in builds:
        if build.object_sha256:
            first = first_by_file.setdefault((build.region, build.image_url), build)
            if first.iso_sha256 != build.iso_sha256:
                both = f"builds {first.name!r} and {build.name!r} pin different values of iso_sha256"
                problems.append(problem("builds", f"{both} for one file, {build.image_url}"))
    return problems
