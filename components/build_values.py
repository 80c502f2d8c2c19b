"""Settings of a build in a program: plain values, and values that only the run of the program will know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import pulumi
from pydantic import BaseModel

from components.joined_outputs import joined
from components.scheduling import after
from config.builds.build_reading import Location, read_build, resolved_settings, value_of
from config.builds.build_settings import BuildSettings
from config.builds.checked_build import Build
from config.problems import Finding, problem
from config.shapes import given

T = TypeVar("T")
PLAIN = ("name", "retain_image", "verify", "publish", "iso", "answers", "iso_bucket")
"""Settings that must be plain: options of Pulumi's, and what the number and names of resources follow from."""
MUST_BE_PLAIN = "must be a plain value: Pulumi has to know it before the program runs to its end"


class BuildValues:
    """
    Settings of a build.

    Args:
        known: Settings with their plain values; those that are known later have any value.
        later: Settings that are known later, as the program gives them.
        before: Resources that have to exist before a later value is used, because they validate it.
    """

    def __init__(
        self,
        known: BuildSettings,
        later: Mapping[str, pulumi.Output[Any]] | None = None,
        before: Sequence[pulumi.Resource] = (),
    ) -> None:
        self.known = known
        self._raw = dict(later or {})
        self._uploaded: tuple[str, ...] = ()
        self._later = {name: after(before, output) if before else output for name, output in self._raw.items()}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> tuple[BuildValues | None, list[Finding]]:
        """
        Validate the plain values.

        Args:
            values: Values by setting, of which any may be an output or contain some.

        Returns:
            The settings, and every problem of the plain values; None if there is a problem.
        """
        name, present = str(values.get("name", "")), given(values)
        open_: dict[Location, Any] = {}
        plain = {key: _plain(value, (key,), open_) for key, value in present.items()}
        later = {str(location[0]) for location in open_}
        known = {key: value for key, value in plain.items() if (key,) not in open_}
        settings, problems = read_build(known, name, may_lack=open_, fixed=("name",))
        must_be_plain = (*PLAIN, *(("iso_sha256", "image_url") if "iso" in present else ()))
        faulty = [f"{name}.{key}" for key in must_be_plain if key in later]
        lacking = [*faulty, *([f"{name}.image_url"] if "iso" in later else [])]
        problems = [found for found in problems if found.key not in lacking]  # missing only because it is not plain
        problems += [problem(key, MUST_BE_PLAIN) for key in faulty]
        if problems:
            return None, problems
        if settings is None or later:
            known, _ = resolved_settings(known)
            fixed = {key: value_of(key, value) for key, value in known.items() if key not in later}
            settings = BuildSettings.model_construct(**fixed)
        return cls(settings, {key: pulumi.Output.from_input(present[key]) for key in sorted(later)}), []

    def released_by(self, resources: Sequence[pulumi.Resource]) -> BuildValues:
        """Return the same settings, whose later values are used when resources exist."""
        return BuildValues(self.known, self._raw, resources)

    def uploaded(self, image_url: pulumi.Output[str]) -> BuildValues:
        """
        Return the same settings, whose ISO file exists when it is used.

        Args:
            image_url: Location of the file, known after its upload.
        """
        found = BuildValues(self.known, self._raw)
        found._later, found._uploaded = {**self._later, "image_url": image_url}, ("image_url",)
        return found

    def are_plain(self, names: Sequence[str]) -> bool:
        """Return True if all of these settings are plain; the location of an upload is, although it waits for it."""
        return not any(name in self._later and name not in self._uploaded for name in names)

    @property
    def has_later(self) -> bool:
        """Return True if any setting is known later."""
        return bool(self._later)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a setting as an input of a resource."""
        if name in self._later:
            return self._later[name].apply(lambda value: _dumped(value_of(name, value)))
        return _dumped(getattr(self.known, name))

    @property
    def pin(self) -> Any:
        """Return the digest that the object in the store must have, as an input; None if it is not pinned."""
        return self["iso_sha256"] if self.known.recorded_answers is None else None

    def combined(self, names: Sequence[str], function: Callable[[BuildSettings], T]) -> T | pulumi.Output[T]:
        """
        Return a value that follows from several settings; plain if all of them are.

        Args:
            names: Settings that the function reads.
            function: Function of settings.
        """
        outputs = {name: self._later[name] for name in names if name in self._later}
        if not outputs:
            return function(self.known)

        def apply(values: Mapping[str, Any]) -> T:
            found = {name: value_of(name, value) for name, value in values.items()}
            return function(self.known.model_copy(update=found))

        return joined(apply, outputs)

    def passed_on(self, names: Sequence[str]) -> dict[str, Any]:
        """Return settings as inputs of a resource, without those that are not set."""
        found = self.known.model_dump(include={*names} - {*self._later}, exclude_none=True)
        return {**found, **{name: self[name] for name in names if name in self._later}}

    def to_check(self) -> tuple[Any, Any]:
        """Return the builds and the problems for the preflight; as outputs if any setting is known later."""
        if not self._raw:
            return [_checked(self.known)], []
        flags = {name: _is_secret(output) for name, output in self._raw.items()}
        known = self.known.model_dump(exclude_unset=True)

        def read(found: Mapping[str, Any]) -> tuple[BuildSettings | None, list[Finding]]:
            hidden = [name for name, is_secret in found["secret"].items() if is_secret]
            return read_build({**known, **given(found["values"])}, self.known.name, hidden=hidden)

        both = pulumi.Output.all(values=pulumi.Output.all(**self._raw), secret=pulumi.Output.all(**flags)).apply(read)
        builds = both.apply(lambda result: [_checked(result[0])] if result[0] else [])
        return builds, both.apply(lambda result: [found.as_props() for found in result[1]])


def _is_secret(output: pulumi.Output[Any]) -> pulumi.Output[bool]:
    async def is_secret() -> bool:
        return await output.is_secret()

    return pulumi.Output.from_input(cast("Any", is_secret()))


def _checked(settings: BuildSettings) -> dict[str, Any]:
    return Build.of(settings).model_dump(mode="json", exclude_none=True)


def _dumped(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    return [_dumped(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any, location: Location, open_: dict[Location, Any]) -> Any:
    """Return a value without the outputs within, whose locations are collected; a list with outputs is one itself."""
    if isinstance(value, pulumi.Output):
        open_[location] = value
        return None
    if isinstance(value, Mapping):
        parts = {key: _plain(item, (*location, str(key)), open_) for key, item in value.items()}
        return {key: item for key, item in parts.items() if (*location, str(key)) not in open_}
    if isinstance(value, list | tuple):
        if any(isinstance(item, pulumi.Output) for item in value):
            open_[location] = value
            return None
        return [_plain(item, (*location, number), open_) for number, item in enumerate(value)]
    return value
