"""Providers behind the services of the protocol, in this process: every request and every response is a message."""

import asyncio
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.runtime import proto

from huaweicloud.errors import UnexpectedState
from plugin.package.schema_types import token
from plugin.resources import SECRETS
from plugin.servicer import CHANGES, Servicer
from plugin.wire import decoded, encoded
from providers.runtime.base import StepProvider

Props = dict[str, Any]


class Aborted(Exception):
    """Sentence that the engine shows to the user."""


class Context:
    """Context of a request."""

    async def abort(self, code: Any, details: str) -> None:
        raise Aborted(details)


class Services:
    """Services of one process."""

    def __init__(self) -> None:
        self._servicer = Servicer()

    def serve(self, provider: StepProvider) -> "ServedProvider":
        """Return a provider whose operations are requests to the services."""
        return ServedProvider(self._servicer, type(provider).__name__.removesuffix("Provider"))

    def close(self) -> None:
        self._servicer.operations.shutdown()


class ServedProvider:
    """Provider of a resource, with the interface of the providers of dynamic resources."""

    def __init__(self, servicer: Servicer, kind: str) -> None:
        self._servicer = servicer
        self._urn = f"urn:pulumi:test::a-program::{token(kind)}::debian"

    def check(self, olds: Props, news: Props) -> CheckResult:
        found = self._request("Check", proto.CheckRequest(olds=_sent(olds), news=_sent(news)))
        failures = [CheckFailure(item.property, item.reason) for item in found.failures]
        return CheckResult(decoded(found.inputs).values, failures)

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        found = self._request("Diff", proto.DiffRequest(id=id_, olds=_sent(olds), news=_sent(news)))
        (changes,) = [known for known, sent in CHANGES.items() if sent == found.changes]
        return DiffResult(changes, list(found.replaces), delete_before_replace=found.deleteBeforeReplace)

    def create(self, props: Props) -> CreateResult:
        found = self._request("Create", proto.CreateRequest(properties=_sent(props)))
        return CreateResult(found.id, decoded(found.properties).values)

    def read(self, id_: str, props: Props) -> ReadResult:
        found = self._request("Read", proto.ReadRequest(id=id_, properties=_sent(props)))
        return ReadResult(found.id, decoded(found.properties).values)

    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        found = self._request("Update", proto.UpdateRequest(id=id_, olds=_sent(olds), news=_sent(news)))
        return UpdateResult(decoded(found.properties).values)

    def delete(self, id_: str, props: Props) -> None:
        self._request("Delete", proto.DeleteRequest(id=id_, properties=_sent(props)))

    def _request(self, method: str, request: Any) -> Any:
        request.urn = self._urn
        try:
            return asyncio.run(getattr(self._servicer, method)(request, Context()))
        except Aborted as error:
            raise UnexpectedState(str(error)) from error


def _sent(props: Props) -> Any:
    return encoded(props, SECRETS)
