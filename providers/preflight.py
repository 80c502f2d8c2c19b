"""
Preflight: check of all builds of a stack in one region against the cloud before the first of them begins.

check() reads the cloud at preview and again at the update, but only if something has changed since the last run. Every
build waits for it, so that nothing is created if it has found a problem.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from functools import partial
from typing import Any, Literal

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.output import UNKNOWN
from pydantic import Field, ValidationError

from config import problems
from config.builds.checked_build import Build
from config.builds.publication import stack_digest
from config.prices import Prices
from config.problems import Finding
from config.resource_types import PACKAGE
from huaweicloud.errors import CloudError
from preflight import duration_history
from providers import lookups
from providers.iso_file import recorded_content
from providers.runtime import process, properties, serving
from providers.runtime.base import StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, contains_unknowns, parse

FILES_SHOWN = 10
ABRIDGED = ("builds", "prices")
"""Inputs that the outputs do not repeat in full: the engine writes the whole state at every step of every build."""
KEPT = ("name", "image_name", "enterprise_project_id")
"""Settings of a build by which its project and its resources are found when its check is read or deleted."""
DIGEST = "digest"
_covered: dict[str, list[Build]] = {}
"""Builds by region that one check covered before each of them got its own."""


class PreflightInputs(Properties):
    """
    Inputs of a preflight.

    Attributes:
        region: Region of the builds.
        mode: `enforce`: errors stop the run. `warn`: errors are shown only. `off`: only `faults` are reported.
        builds: Settings of each build, with its `index` in the configuration if it is from there.
        faults: Problems of the configuration, which stop the run; a program of an earlier version gives `key: reason`.
        servers_at_once: Number of temporary servers that may be alive together.
        minutes: Minutes for which a temporary server is rented; by default the median of earlier builds.
        prices: Price table.
        quotas: Free capacity in the cloud, read by check().
        stack_digest: Digest of the stack, which check() computes if a build publishes its image.
    """

    region: str
    mode: Literal["enforce", "warn", "off"] = "enforce"
    builds: list[Build]
    faults: list[dict[str, Any] | str] = []
    servers_at_once: int | None = None
    minutes: float | None = None
    prices: Prices = Field(default_factory=Prices)
    quotas: dict[str, Any] | None = None
    stack_digest: str | None = None


class PreflightProvider(StepProvider):
    """Provider that reads the cloud in check(), and has nothing of its own there."""

    inputs = PreflightInputs
    holds = False
    replace_on = ("region",)
    update_on = ("mode", "builds", "servers_at_once", "minutes", "prices", "stack_digest")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = properties.check(PreflightInputs, news)
        if result.failures:
            return result
        result = CheckResult(_with_digest(result.inputs), [])
        # a build may take settings from a resource that does not exist yet; the update knows and checks them
        if contains_unknowns(result.inputs):
            announced = {} if result.inputs["mode"] == "off" else {"quotas": UNKNOWN}
            return CheckResult({**result.inputs, **announced}, [])
        identified = _identify(_olds, result.inputs)
        if identified and _same(_olds, result.inputs):
            return CheckResult({**result.inputs, **_found(_olds)}, [])
        settings = parse(PreflightInputs, result.inputs)
        earlier = _earlier(_olds)
        if not settings.builds:
            _covered[settings.region] = earlier
        digests = frozenset(filter(None, (settings.stack_digest, _olds.get("stack_digest"))))
        return _checked(settings, earlier or _before(settings), result.inputs, digests)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        if DIGEST in _olds and not contains_unknowns(_news) and _olds[DIGEST] == _digest(parse(PreflightInputs, _news)):
            _olds = {**_olds, **{key: _news.get(key) for key in ABRIDGED}}
        return super().diff(_id, _olds, _news)

    def create(self, props: Props) -> CreateResult:
        inputs = parse(PreflightInputs, props)
        return CreateResult(f"preflight-{inputs.region}", _abridged(inputs))

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return UpdateResult(_abridged(parse(PreflightInputs, _news)))


def _abridged(inputs: PreflightInputs) -> Props:
    """Return the outputs, with a digest of the largest inputs."""
    props = outputs(inputs)
    kept = {key: value for key, value in props.items() if key not in ABRIDGED}
    builds = [{key: build[key] for key in KEPT if key in build} for build in props["builds"]]
    return {**kept, "builds": builds, DIGEST: _digest(inputs)}


def _digest(inputs: PreflightInputs) -> str:
    text = json.dumps(inputs.model_dump(mode="json", include=set(ABRIDGED), exclude_none=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _earlier(olds: Props) -> list[Build]:
    """Return the builds of the run before; none if an earlier version accepted settings that are refused today."""
    try:
        return parse(PreflightInputs, olds).builds if olds.get("builds") else []
    except ValidationError:
        return []


def _before(settings: PreflightInputs) -> list[Build]:
    """Return the builds as the check of their region knew them that covered all."""
    names = {build.name for build in settings.builds}
    return [build for build in _covered.get(settings.region, ()) if build.name in names]


def _same(olds: Props, news: Props) -> bool:
    """Return True if nothing has changed since the check of the last run."""
    kept = [key for key in PreflightInputs.model_fields if key not in ("quotas", "builds")]
    if not olds or any(olds.get(key) != news.get(key) for key in kept):
        return False
    before, now = olds.get("builds") or [], news["builds"]
    return len(before) == len(now) and all(_same_build(*pair) for pair in zip(before, now, strict=True))


def _same_build(old: Props, new: Props) -> bool:
    """Return True if a build has not changed; that an earlier version recorded no content is no change."""
    return old == (new if "content" in old else _without_content(new))


def _with_digest(inputs: Props) -> Props:
    """Return the inputs with the digest of the stack, if a build publishes; after a renaming the state has another."""
    builds = inputs["builds"]
    publishes = isinstance(builds, list) and any(isinstance(build, dict) and build.get("publish") for build in builds)
    if not publishes:
        return inputs
    return {**inputs, "stack_digest": stack_digest(process.current_project(), process.current_stack())}


def _identify(olds: Props, inputs: Props) -> bool:
    """Put the content of each ISO file into the inputs; return False if the credentials do not suffice for it."""
    listed, recorded = inputs["builds"], olds.get("builds") or []
    if not listed:
        return True
    if not _same({**olds, "builds": list(map(_without_content, recorded))} if olds else {}, inputs):
        recorded_content.read_files(inputs["region"], {build["image_url"] for build in listed})
    return recorded_content.identify(inputs["region"], listed, recorded)


def _without_content(build: Props) -> Props:
    return {key: value for key, value in build.items() if key != "content"}


def _found(inputs: Props) -> Props:
    return {"quotas": inputs["quotas"]} if inputs.get("quotas") else {}


def _checked(settings: PreflightInputs, earlier: list[Build], inputs: Props, digests: frozenset[str]) -> CheckResult:
    from preflight import checking, plan, result_lines
    from preflight.checked_stack import Stack
    from preflight.checks import quotas

    given = [Finding.of_props(fault) for fault in settings.faults]
    if settings.mode == "off":
        return CheckResult(inputs, [_failure(given, settings)] if given else [])
    try:
        known = lookups.catalog(settings.region)
        at_once, region = settings.servers_at_once, known.cloud.region
        stack = Stack(region, settings.builds, known, earlier, at_once, lookups.catalog, digests)
        found = checking.check(stack)
    except CloudError as error:
        return CheckResult(inputs, [CheckFailure("", error.with_hint())])
    errors = problems.errors(found) if settings.mode == "enforce" else []
    for finding in found:
        if finding not in errors:
            text = problems.with_namespace(finding, _namespace(settings), _declared(settings))
            process.log(serving.way().worded(text), "warning")
    if given or errors:
        return CheckResult(inputs, [_failure([*given, *errors], settings)])
    turns = quotas.turns(stack)
    planned = plan.plan(
        settings.builds,
        earlier,
        minutes=settings.minutes,
        minutes_of=partial(duration_history.rental_minutes, settings.region),
        test_minutes=duration_history.test_minutes(settings.region),
        prices=settings.prices,
        turns=turns,
    )
    _tell(result_lines.files(stack), str(planned))
    return CheckResult({**inputs, **result_lines.quotas(stack)}, [])


def _failure(found: list[Finding], settings: PreflightInputs) -> CheckFailure:
    from preflight import result_lines

    return CheckFailure("", result_lines.report(found, _namespace(settings), _declared(settings)))


def _tell(files: Iterable[str], planned: str) -> None:
    listed = list(files)
    more = [f"and {len(listed) - FILES_SHOWN} more ISO files"] if len(listed) > FILES_SHOWN else []
    for line in [*listed[:FILES_SHOWN], *more, planned]:
        process.log(line)


def _declared(settings: PreflightInputs) -> list[str]:
    """Return the names of the builds that a program declares itself; a faulty one has given its name to this row."""
    row = process.current_urn().rpartition("::")[2]
    faulty = [fault["key"] for fault in settings.faults if isinstance(fault, dict)]
    names = [build.name for build in settings.builds if build.index is None]
    return [*names, *([row] if any(key.startswith(f"{row}.") for key in faulty) else [])]


def _namespace(settings: PreflightInputs) -> str:
    return PACKAGE if _declared(settings) else os.environ.get("PULUMI_PROJECT", "image-from-iso")


class Preflight(StepResource, module="huaweicloud", name="Preflight"):
    """Check before all builds of a region, which depend on it. For the arguments see PreflightInputs."""

    provider_class = PreflightProvider
