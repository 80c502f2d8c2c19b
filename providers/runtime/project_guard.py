"""
Guard around every operation of a provider: it records the project, and refuses another one.

Each function here wraps one operation of a provider class. Credentials for another project find nothing, which looks
like a deleted resource. So no read may report "gone", and no delete may succeed, before the project is known to be the
right one.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from huaweicloud.errors import Cancelled, CloudError
from providers.runtime import clients, process, project_record
from providers.runtime.properties import PROVIDER_KEY, Props, contains_unknowns

Operation = TypeVar("Operation", bound=Callable[..., Any])


def check(operation: Operation) -> Operation:
    """Put the present project into the inputs, and refuse another one than that of the old inputs."""

    @functools.wraps(operation)
    def checked(provider: Any, old: Props, new: Props) -> CheckResult:
        new = {key: value for key, value in new.items() if key not in project_record.RECORD}
        region = new.get("region")
        if contains_unknowns(region):
            region = old.get("region")
        if not isinstance(region, str):
            return operation(provider, old, new)  # type: ignore[no-any-return]
        same_place = old.get("region") == region
        clients.announce(region)
        clients.include_enterprise_projects(region, new)
        refused: CloudError | None = None
        record: Props = project_record.recorded(old) if same_place else {}
        try:
            if same_place and (record or provider.holds):
                project_record.require_same(old, holds=provider.holds)
            record = project_record.present(region)
        except (project_record.OtherProject, project_record.Repeated) as error:
            return CheckResult(_plain(new), [CheckFailure("", error.with_hint())])
        except project_record.REFUSED as error:
            refused = error
        except Cancelled:
            raise
        except CloudError as error:
            process.log(f"could not compare the project: {error}", "warning")
        result: CheckResult = operation(provider, old, new)
        if refused is not None and not result.failures:
            result.failures.append(CheckFailure("", _short(refused).with_hint()))
        result.inputs.update(record)
        return result

    return cast("Operation", checked)


def diff(operation: Operation) -> Operation:
    """Count a project that is not recorded yet, or another endpoint, as a change that needs an update only."""

    @functools.wraps(operation)
    def compared(provider: Any, id_: str, old: Props, new: Props) -> DiffResult:
        result: DiffResult = operation(provider, id_, old, new)
        if not result.changes and _lacks_record(old, new):
            result.changes = True
        return result

    return cast("Operation", compared)


def create(operation: Operation) -> Operation:
    """Record the project in the outputs."""

    @functools.wraps(operation)
    def created(provider: Any, props: Props) -> CreateResult:
        result: CreateResult = operation(provider, props)
        return CreateResult(result.id, {**(result.outs or {}), **_record_of(props)})

    return cast("Operation", created)


def read(operation: Operation) -> Operation:
    """Refuse another project before a resource may be reported as gone."""

    @functools.wraps(operation)
    def seen(provider: Any, id_: str, props: Props) -> ReadResult:
        if not props.get("region"):
            return _imported(provider, id_)
        _require_same(provider, props)
        return operation(provider, id_, props)  # type: ignore[no-any-return]

    return cast("Operation", seen)


def update(operation: Operation) -> Operation:
    """Refuse another project; if only the record is missing, add it without a request."""

    @functools.wraps(operation)
    def updated(provider: Any, id_: str, old: Props, new: Props) -> UpdateResult:
        known = _require_same(provider, old)
        record = _record_of(new) if known else project_record.recorded(old)
        if _lacks_record(old, new) and not type(provider).diff.__wrapped__(provider, id_, old, new).changes:
            return UpdateResult({**_plain(old), **record})
        result: UpdateResult = operation(provider, id_, old, new)
        outs = {key: value for key, value in (result.outs or {}).items() if key not in project_record.RECORD}
        return UpdateResult({**outs, **record})

    return cast("Operation", updated)


def delete(operation: Operation) -> Operation:
    """Refuse another project before anything is deleted, or reported as deleted."""

    @functools.wraps(operation)
    def deleted(provider: Any, id_: str, props: Props) -> None:
        _require_same(provider, props)
        operation(provider, id_, props)

    return cast("Operation", deleted)


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "check": check,
    "diff": diff,
    "create": create,
    "read": read,
    "update": update,
    "delete": delete,
}


def _require_same(provider: Any, props: Props) -> bool:
    try:
        clients.include_enterprise_projects(props["region"], props)
        return project_record.require_same(props, holds=provider.holds)
    except project_record.REFUSED as error:
        raise _short(error) from error


def _short(error: CloudError) -> CloudError:
    """Return a refused sign-in in full for the first resource of a run only."""
    return project_record.once(error, f"{type(error).__name__} {error.hint}")


def _imported(provider: Any, id_: str) -> ReadResult:
    """Return a resource of which nothing is known but its id, with the record of the present project."""
    result: ReadResult = provider.adopt(id_)
    props: Props = result.outs or {}
    record = _record_of(props) if result.id else {}
    return ReadResult(result.id, {**props, **record}, {**(result.inputs or {}), **record})


def _record_of(props: Props) -> Props:
    """Return the project that check() has found, or that the client leads to where check() could not tell."""
    record = project_record.recorded(props)
    if record:
        return record
    try:
        return project_record.present(props["region"])
    except CloudError:
        return {}


def _lacks_record(old: Props, new: Props) -> bool:
    record = project_record.recorded(new)
    return bool(record) and any(old.get(key) != record.get(key) for key in ("project_id", "endpoint"))


def _plain(props: Props) -> Props:
    return {key: value for key, value in props.items() if key != PROVIDER_KEY}
