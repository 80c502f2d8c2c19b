"""A lab, and the services of the provider in this process."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

from plugin.package.schema_types import token
from plugin.servicer import Servicer
from providers.runtime import process
from tests.e2e.crash.bench import quick_lab
from tests.labs import RunningLab
from tests.plugin.served import Aborted, Context
from tests.providers.conftest import cloud, lab

__all__ = ["Aborted", "cloud", "lab"]


class Engine:
    """The engine's side of the protocol: requests are messages, and results are plain again."""

    def __init__(self) -> None:
        self._servicer = Servicer()

    def call(self, method: str, request: str, **fields: Any) -> dict[str, Any]:
        """Send a request; properties are given as dictionaries."""
        message = getattr(provider_pb2, request)()
        for key, value in fields.items():
            if isinstance(value, dict):
                getattr(message, key).CopyFrom(ParseDict(value, Struct()))
            else:
                setattr(message, key, value)
        answer = asyncio.run(getattr(self._servicer, method)(message, Context()))
        found: dict[str, Any] = MessageToDict(answer, preserving_proto_field_name=True)
        return found

    def of(self, kind: str, method: str, request: str, **fields: Any) -> dict[str, Any]:
        """Send a request about a resource of a type."""
        return self.call(method, request, urn=f"urn:pulumi:test::a-program::{token(kind)}::golden", **fields)

    def close(self) -> None:
        self._servicer.operations.shutdown()


@pytest.fixture(scope="package")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Return a lab for all tests of this folder."""
    running = quick_lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.stop()


@pytest.fixture
def engine(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine()
    engine.call("Configure", "ConfigureRequest", args={"region": lab.env["HW_REGION_NAME"]})
    yield engine
    process.cancelled.clear()
    engine.close()
