"""
Executor of runs, based on Dask's `distributed`: in this process, or on a cluster by its scheduler's address.

The only module that uses Dask, which is imported only if a fleet is run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from commands.fleet import run as runs
from commands.fleet.result import Result, Run
from huaweicloud.transport.machine_settings import is_this_machine

CONNECT_TIMEOUT_S = 10
EMBEDDED_AT_ONCE = 4  # Each run is a Pulumi with its plugins: some 300 MB, and a processor during its start.
# Without these settings, pages about the tasks would be served on further ports.
SILENT: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
LOOPBACK = "127.0.0.1:0"
ENCRYPTED = ("tls", "wss", "inproc")
"""Protocols of Dask that use TLS, or no network. TLS of Dask requires a certificate of both sides."""
SETTINGS = "DASK_DISTRIBUTED__COMM__TLS__"


class ExecutorUnusable(Exception):
    """The cluster cannot be used; the message contains the reason and a remedy."""


class Executor:
    """
    Executor of runs.

    Attributes:
        capacity: Number of runs that fit at the same time.
    """

    def __init__(self, client: Any, capacity: int) -> None:
        self._client = client
        self.capacity = capacity

    def submit(self, run: Run, done: Callable[[Result], None]) -> None:
        """Submit a run to a machine; `done` is called with its result from another thread."""
        key = f"fleet-{run.fleet_run}-{run.command}-{run.stack}"
        future = self._client.submit(runs.run_stack, run, key=key, pure=False)
        future.add_done_callback(lambda ended: done(_result(run, ended)))

    def interrupt(self, fleet_run: str) -> int:
        """Interrupt all runs of a fleet on all machines, and return their number."""
        told = self._client.run(runs.interrupt, fleet_run, on_error="ignore")
        return sum(told.values())

    def check(self, version: str, backend: str) -> list[str]:
        """Return the reasons why machines of the cluster cannot be used, a line for each."""
        answers = self._client.run(runs.problems_of_machine, version, backend, on_error="return")
        lines: list[str] = []
        for address, answer in answers.items():
            if isinstance(answer, Exception):
                lines.append(
                    f"{address}: the project is missing ({answer}); start the worker in the folder of the clone"
                )
            else:
                machine, problems = answer
                lines += [f"{address} on {machine}: {problem}" for problem in problems]
        return lines


def _result(run: Run, ended: Any) -> Result:
    if ended.status == "finished":
        result: Result = ended.result()
        return result
    reason = ended.exception() if ended.status == "error" else ended.status
    if type(reason).__name__ == "KilledWorker":
        return Result(run.stack, "lost", detail="the workers that ran it ended one after the other; see their logs")
    return Result(run.stack, "failed", detail=f"the executor failed: {reason}")


@contextmanager
def open_executor(
    address: str | None, at_once: int | None, stacks: int, *, allows_plain: bool = False
) -> Iterator[Executor]:
    """
    Open an executor for the duration of the block.

    Args:
        address: Address of a cluster's scheduler, such as `tls://10.0.0.1:8786`; None to run in this process.
        at_once: Number of runs at the same time in this process; None for a few.
        stacks: Number of stacks to run.
        allows_plain: True if the user accepts a scheduler without TLS on another machine.

    Raises:
        ExecutorUnusable: The scheduler must not be used without TLS, does not respond, or has no workers.
    """
    if address is None:
        with _embedded(min(at_once or EMBEDDED_AT_ONCE, stacks)) as executor:
            yield executor
        return
    with _connected(address, allows_plain=allows_plain) as client:
        capacity = sum(client.nthreads().values())
        if not capacity:
            raise ExecutorUnusable(f"the scheduler at {address} has no workers; start some (docs/how-to/fleets.md)")
        yield Executor(client, capacity)


@contextmanager
def _embedded(threads: int) -> Iterator[Executor]:
    distributed = import_module("distributed")  # which takes a second
    import_module("dask").config.set(SILENT)
    with (
        distributed.LocalCluster(
            processes=False,
            n_workers=1,
            threads_per_worker=threads,
            memory_limit=None,
            dashboard_address=LOOPBACK,
            worker_dashboard_address=LOOPBACK,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield Executor(client, threads)


def _connected(address: str, *, allows_plain: bool) -> Any:
    """Return a client of a scheduler; nothing is sent to one that must not be used."""
    distributed = import_module("distributed")
    scheme, location = import_module("distributed.comm").parse_address(address)
    if scheme not in ENCRYPTED and not allows_plain and not is_this_machine(_host(location)):
        raise ExecutorUnusable(
            f"the scheduler at {address} is on another machine and has no TLS, so that everyone who reaches it can run "
            "code on all machines; use tls:// with certificates (docs/how-to/fleets.md), or insist with --without-tls"
        )
    if scheme == "tls":
        _require_certificate(address, distributed)
    try:
        return distributed.Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ExecutorUnusable(f"no scheduler responds at {address}: {error}") from error


def _require_certificate(address: str, distributed: Any) -> None:
    """Require a readable certificate of this machine, unless a function of the user's provides it."""
    if import_module("dask").config.get("distributed.client.security-loader", None):
        return
    try:
        context = distributed.Security().get_connection_args("client").get("ssl_context")
    except OSError as error:
        raise ExecutorUnusable(f"the certificates for {address} cannot be used: {error}") from error
    if context is None:
        names = ", ".join(f"{SETTINGS}{name}" for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY"))
        raise ExecutorUnusable(f"there is no certificate for the scheduler at {address}; set {names}")


def _host(location: str) -> str:
    """Return the host of a location such as `build-1:8786` or `[::1]:8786`."""
    return location.removeprefix("[").split("]")[0] if location.startswith("[") else location.partition(":")[0]
