"""Context of builds that a program declares itself: it collects what they share, in the order of their declaration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pulumi

from components.build_context import Place
from components.build_values import BuildValues
from components.iso_image_import import SHARED_BY, IsoImageImport, import_name
from components.iso_upload_step import declare_upload, with_upload
from components.preflight_step import declare_former_preflight, declare_preflight
from components.provider import declare_provider
from components.scheduling import after, capacity
from config.answers import answer_store
from config.problems import Finding, problem, with_namespace
from config.resource_types import PACKAGE
from config.stack_settings import ProgramSettings, read_program
from config.suggestions import shown_key
from providers.iso_object import IsoObject
from providers.preflight import Preflight
from providers.runtime import serving

if TYPE_CHECKING:
    from components.iso_image_build import IsoImageBuild

NO_REGION = f"is missing; set it, {PACKAGE}:region, or HW_REGION_NAME in the environment"


class FaultyBuild(pulumi.RunError):
    """Arguments of a build that cannot be used, all problems in one message."""


class Program:
    """
    Builds of a program.

    Args:
        settings: Settings that the builds share.
    """

    def __init__(self, settings: ProgramSettings) -> None:
        self._settings = settings
        self._provider: pulumi.ProviderResource | None = None
        self._imports: dict[str, tuple[IsoImageImport, str | None, str]] = {}
        self._uploads: dict[tuple[str, str], IsoObject] = {}
        self._regions: dict[IsoImageBuild, str] = {}
        self._former_checks: dict[tuple[str, str], Preflight] = {}
        self._ended: list[IsoImageBuild] = []

    def read(self, name: str, args: Mapping[str, Any]) -> BuildValues:
        """
        Validate the arguments of a build, with the defaults of the configuration.

        Raises:
            FaultyBuild: Values are faulty.
        """
        values = {**self._settings.defaults, **{key: value for key, value in args.items() if value is not None}}
        values = {"region": self._settings.regions.own or None, **values}
        own = [problem(f"{name}.name", "is the name of the resource; leave it out")] if "name" in args else []
        found, problems = BuildValues.read({**values, "name": name})
        problems = [*own, *problems]
        if not values["region"]:
            problems.append(problem(f"{name}.region", NO_REGION))
        problems += self._settings.problems
        if found is None or problems:
            raise FaultyBuild(_report(name, problems))
        if found.known.answers is not None:
            answer_store.store(found.known.answers.content)
        return found

    def options(self, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        """Return the options of a component, with the provider that signs in by the configuration of the package."""
        way = serving.way()
        given = pulumi.ResourceOptions.merge(None, opts)
        named = [given.provider, *_providers(given.providers)]
        inherited = given.parent.get_provider(f"{way.package}::") if given.parent else None
        if way.has_provider or inherited or any(_serves(provider, way.package) for provider in named):
            return opts
        if self._provider is None:
            self._provider = declare_provider(pulumi.get_project(), self._settings.sign_in)
        return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[self._provider]), opts)

    def place(self, build: IsoImageBuild, name: str, values: BuildValues, opts: pulumi.ResourceOptions | None) -> Place:
        """Declare the check of a build and the import of its ISO file, and return its turn."""
        region, regions = values["region"], self._settings.regions
        plain_region = region if isinstance(region, str) else ""
        at_once = regions.servers_at_once(plain_region) if plain_region else None
        former = self._former_check(build, plain_region) if plain_region else None
        checks = declare_preflight(build, name, values, self._settings.preflight, at_once, former)
        values = values.released_by(checks)
        ahead = self._ahead(plain_region)
        self._regions[build] = plain_region
        waits_for = [*checks, *(earlier.last_step for earlier in ahead)]
        upload = self._upload(build, name, values, [build, *checks])
        values = with_upload(values, upload)
        return Place(
            values=values,
            iso=self._import(build, name, values, [build, *checks]),
            region=values["region"],
            region_id=values.combined(["region"], lambda settings: regions.id_of(settings.region or "")),
            in_turn=after(waits_for, values["region"]) if waits_for else values["region"],
            upload=upload,
        )

    def end(self, build: IsoImageBuild) -> None:
        """Record that all steps of a build are declared."""
        self._ended.append(build)

    def _former_check(self, build: IsoImageBuild, region: str) -> Preflight | None:
        """Return the check of a region that a stack of dynamic resources had before it went over to the provider."""
        if not serving.way().has_provider:
            return None
        provider, named = self._provider_of(build)
        if (region, named) not in self._former_checks:
            self._former_checks[region, named] = declare_former_preflight(region, provider, named)
        return self._former_checks[region, named]

    def _provider_of(self, build: IsoImageBuild) -> tuple[pulumi.ProviderResource | None, str]:
        """Return the provider of a build, and its name if the program declares it."""
        provider = build.get_provider(f"{serving.way().package}::")
        return provider, "" if provider in (None, self._provider) else _name_of(provider)

    def _ahead(self, region: str) -> Sequence[IsoImageBuild]:
        """Return the builds whose servers have to be deleted before that of the next build is created."""
        of_region = [build for build in self._ended if self._regions[build] == region]
        limits = [(self._ended, capacity()), (of_region, self._settings.regions.servers_at_once(region))]
        return list(dict.fromkeys(builds[-limit] for builds, limit in limits if limit and len(builds) >= limit))

    def _upload(
        self, build: IsoImageBuild, name: str, values: BuildValues, waits_for: Sequence[pulumi.Resource]
    ) -> IsoObject | None:
        """Return the upload that builds of the same file, region and provider share; None for a file in the store."""
        settings, region = values.known, values["region"]
        if not values.are_plain(["iso"]) or settings.iso is None:
            return None
        if not isinstance(region, str):
            return declare_upload(after(waits_for[1:], region), [settings], name, pulumi.ResourceOptions(parent=build))
        provider, named = self._provider_of(build)
        suffix = "-".join(filter(None, ("" if region == self._settings.regions.own else region, named)))
        key = (settings.image_url, suffix)
        if key not in self._uploads:
            own = pulumi.ResourceOptions(provider=provider)
            self._uploads[key] = declare_upload(after(waits_for, region), [settings], suffix, own)
        return self._uploads[key]

    def _import(
        self,
        build: IsoImageBuild,
        name: str,
        values: BuildValues,
        waits_for: Sequence[pulumi.Resource],
    ) -> IsoImageImport:
        """Return the import that builds of the same file, properties, region and provider share."""
        region = values["region"]
        if not values.are_plain(SHARED_BY):
            child = pulumi.ResourceOptions(parent=build)
            return IsoImageImport(name, after(waits_for[1:], region), values, child)
        provider, named = self._provider_of(build)
        key = import_name(values.known, "" if region == self._settings.regions.own else region, named)
        digest = values.known.object_sha256
        shared, pinned, first = self._imports.get(key, (None, digest, name))
        if pinned != digest:
            raise FaultyBuild(_report(name, [problem(f"{name}.iso_sha256", _other_digest(first))]))
        if shared is None:
            # of a build whose import no other one shared; with the provider, whose builds have no order, there is none
            former = [] if serving.way().has_provider else [pulumi.Alias(import_name(values.known), parent=build)]
            own = pulumi.ResourceOptions(aliases=former, providers=[provider] if provider else None)
            shared = IsoImageImport(key, after(waits_for, region), values, own)
            self._imports[key] = (shared, digest, name)
        return shared


def _other_digest(first: str) -> str:
    return (
        f"is not that of build {first!r}, which uses the same ISO file; set the same one for both, for example in "
        f"{PACKAGE}:defaults"
    )


def _report(name: str, problems: Sequence[Finding]) -> str:
    lines = [with_namespace(found, PACKAGE, [name]) for found in problems]
    if len(lines) == 1:
        return lines[0]
    return f"build {shown_key(name)} has {len(lines)} problems:\n" + "\n".join(f"  {line}" for line in lines)


def _providers(given: Any) -> list[pulumi.ProviderResource]:
    return list(given.values()) if isinstance(given, Mapping) else list(given or [])


def _serves(provider: pulumi.ProviderResource | None, package: str) -> bool:
    return provider is not None and provider.package == package


def _name_of(provider: pulumi.ProviderResource | None) -> str:
    """Return the name of a provider that a program declares; that of another process is in its reference only."""
    return str(getattr(provider, "provider_name", "") or getattr(provider, "_name", ""))


_programs: WeakKeyDictionary[Any, Program] = WeakKeyDictionary()


def current() -> Program:
    """Return the running program, whose configuration is in the namespace of the package."""
    monitor = pulumi.runtime.settings.get_monitor()
    if monitor not in _programs:
        prefix = f"{PACKAGE}:"
        found = pulumi.runtime.config.CONFIG.get()
        values = {key.removeprefix(prefix): found[key] for key in found if key.startswith(prefix)}
        _programs[monitor] = Program(read_program(values, os.environ))
    return _programs[monitor]
