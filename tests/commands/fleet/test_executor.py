"""Schedulers of clusters that are refused before anything is sent to them."""

import os
from collections.abc import Iterator
from pathlib import Path

import dask
import distributed
import pytest

from commands.fleet import executor
from commands.fleet.executor import ExecutorUnusable, open_executor
from tests.tls import make_authority

TLS = "distributed.comm.tls"


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remove the certificates of this machine, and do not wait for schedulers that do not exist."""
    roles = {f"{TLS}.{role}.{part}": None for role in ("client", "scheduler", "worker") for part in ("cert", "key")}
    monkeypatch.setattr(executor, "CONNECT_TIMEOUT_S", 0.1)
    with dask.config.set({f"{TLS}.ca-file": None, **roles}):
        yield


def refusal(address: str, *, allows_plain: bool = False, **environment: str) -> str:
    with (
        pytest.raises(ExecutorUnusable) as raised,
        open_executor(address, None, 1, allows_plain=allows_plain),
    ):
        pass
    return str(raised.value)


@pytest.mark.parametrize(
    "address",
    ["tcp://203.0.113.1:8786", "203.0.113.1:8786", "tcp://build-1:8786", "ws://build-1:8786", "tcp://[2001:db8::1]:1"],
)
def test_a_scheduler_without_tls_on_another_machine_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "Client", None)  # which nothing may call

    said = refusal(address)

    assert f"the scheduler at {address} is on another machine and has no TLS" in said
    assert "--without-tls" in said


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "localhost:1", "tcp://[::1]:1"])
def test_a_scheduler_on_this_machine_needs_no_tls(address: str) -> None:
    assert f"no scheduler responds at {address}: " in refusal(address)


def test_the_user_may_insist(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def unreachable(address: str, **_: object) -> None:
        asked.append(address)
        raise OSError("unreachable")

    monkeypatch.setattr(distributed, "Client", unreachable)

    assert "no scheduler responds" in refusal("tcp://203.0.113.1:8786", allows_plain=True)
    assert ["tcp://203.0.113.1:8786"] == asked


def test_a_scheme_of_dask_is_the_default_for_an_address_without_one() -> None:
    with dask.config.set({"distributed.comm.default-scheme": "tls"}):
        assert "there is no certificate for the scheduler" in refusal("203.0.113.1:8786")


def test_tls_without_a_certificate_names_the_settings() -> None:
    said = refusal("tls://203.0.113.1:8786")

    for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY"):
        assert f"DASK_DISTRIBUTED__COMM__TLS__{name}" in said


@pytest.mark.parametrize("broken", ["absent", "empty"])
def test_certificates_that_cannot_be_used_are_reported(tmp_path: Path, broken: str) -> None:
    authority, certificate, key = map(str, make_authority(tmp_path, "DNS:build-1"))
    if broken == "absent":
        os.unlink(key)
    else:
        Path(certificate).write_text("")

    with dask.config.set({f"{TLS}.ca-file": authority, f"{TLS}.client": {"cert": certificate, "key": key}}):
        assert "the certificates for tls://127.0.0.1:1 cannot be used" in refusal("tls://127.0.0.1:1")
