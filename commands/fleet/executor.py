"""The task executor, Dask's `distributed`: in this process, or a cluster by its scheduler's address.

The only file that knows it. It is imported when a fleet is run, and by nothing else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from commands.fleet import run as runs
from commands.fleet.result import Result, Run

CONNECT_TIMEOUT_S = 10
EMBEDDED_AT_ONCE = 4  # each run is a Pulumi with its plugins: some 300 MB, and a processor while it starts
# The executor's own pages would listen on a port of their own and show the tasks; nothing here needs them.
SILENT: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
LOOPBACK = "127.0.0.1:0"


class ExecutorUnusable(Exception):
    """The cluster cannot be used; the message says why and what to do."""


class Executor:
    """
    Runs stacks.

    Attributes:
        capacity: how many runs it has room for at once.
    """

    def __init__(self, client: Any, capacity: int) -> None:
        self._client = client
        self.capacity = capacity

    def submit(self, run: Run, done: Callable[[Result], None]) -> None:
        """Give a run to a machine; `done` is called with what became of it, from another thread."""
        key = f"fleet-{run.fleet_run}-{run.command}-{run.stack}"
        future = self._client.submit(runs.run_stack, run, key=key, pure=False)
        future.add_done_callback(lambda ended: done(_result(run, ended)))

    def interrupt(self, fleet_run: str) -> int:
        """Interrupt all runs of a fleet, everywhere; returns how many there are."""
        told = self._client.run(runs.interrupt, fleet_run, on_error="ignore")
        return sum(told.values())

    def check(self, version: str, backend: str) -> list[str]:
        """What keeps machines of the cluster from taking part: a line for each machine and reason."""
        answers = self._client.run(runs.faults_of_machine, version, backend, on_error="return")
        lines: list[str] = []
        for address, answer in answers.items():
            if isinstance(answer, Exception):
                lines.append(f"{address}: the project is not there ({answer}); start the worker in the clone's folder")
            else:
                machine, faults = answer
                lines += [f"{address} on {machine}: {fault}" for fault in faults]
        return lines


def _result(run: Run, ended: Any) -> Result:
    if ended.status == "finished":
        result: Result = ended.result()
        return result
    reason = ended.exception() if ended.status == "error" else ended.status
    if type(reason).__name__ == "KilledWorker":
        return Result(run.stack, "lost", detail="the workers that ran it died, one after the other; see their logs")
    return Result(run.stack, "failed", detail=f"the task engine: {reason}")


@contextmanager
def open_executor(address: str | None, at_once: int | None, stacks: int) -> Iterator[Executor]:
    """
    The executor, until the end of the block.

    Args:
        address: of a cluster's scheduler, such as `tcp://10.0.0.1:8786`; None: run in this process.
        at_once: how many runs to have room for in this process; None: a few.
        stacks: how many there are to run.

    Raises:
        ExecutorUnusable: nobody answers there, or the cluster has no workers.
    """
    distributed = import_module("distributed")  # takes a second
    if address is None:
        import_module("dask").config.set(SILENT)
        threads = min(at_once or EMBEDDED_AT_ONCE, stacks)
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
        return
    try:
        client = distributed.Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ExecutorUnusable(f"no scheduler answers at {address}: {error}") from error
    with client:
        capacity = sum(client.nthreads().values())
        if not capacity:
            raise ExecutorUnusable(f"the scheduler at {address} has no workers; start some, see docs/how-to/fleets.md")
        yield Executor(client, capacity)
