"""The task engine, Dask's `distributed`: in this process, or a cluster by its scheduler's address.

The only file that knows it. It is imported when a fleet is run, and by nothing else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from commands.fleet import run as runs
from commands.fleet.result import Outcome, Run

CONNECT_TIMEOUT_S = 10
EMBEDDED_AT_ONCE = 4  # each run is a Pulumi with its plugins: some 300 MB, and a processor while it starts
# The engine's own pages would listen on a port of their own and show the tasks; nothing here needs them.
SILENT: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
LOOPBACK = "127.0.0.1:0"


class EngineUnusable(Exception):
    """The cluster cannot be used; the message says why and what to do."""


class TaskEngine:
    """
    Runs stacks.

    Attributes:
        capacity: how many runs it has room for at once.
    """

    def __init__(self, client: Any, capacity: int) -> None:
        self._client = client
        self.capacity = capacity

    def submit(self, run: Run, done: Callable[[Outcome], None]) -> None:
        """Give a run to a machine; `done` is called with what became of it, from another thread."""
        key = f"fleet-{run.fleet_run}-{run.command}-{run.stack}"
        future = self._client.submit(runs.run_stack, run, key=key, pure=False)
        future.add_done_callback(lambda ended: done(_outcome(run, ended)))

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


def _outcome(run: Run, ended: Any) -> Outcome:
    if ended.status == "finished":
        outcome: Outcome = ended.result()
        return outcome
    reason = ended.exception() if ended.status == "error" else ended.status
    if type(reason).__name__ == "KilledWorker":
        return Outcome(run.stack, "lost", detail="the workers that ran it died, one after the other; see their logs")
    return Outcome(run.stack, "failed", detail=f"the task engine: {reason}")


@contextmanager
def open_engine(address: str | None, at_once: int | None, stacks: int) -> Iterator[TaskEngine]:
    """
    The engine, until the end of the block.

    Args:
        address: of a cluster's scheduler, such as `tcp://10.0.0.1:8786`; None: run in this process.
        at_once: how many runs to have room for in this process; None: a few.
        stacks: how many there are to run.

    Raises:
        EngineUnusable: nobody answers there, or the cluster has no workers.
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
            yield TaskEngine(client, threads)
        return
    try:
        client = distributed.Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise EngineUnusable(f"no scheduler answers at {address}: {error}") from error
    with client:
        capacity = sum(client.nthreads().values())
        if not capacity:
            raise EngineUnusable(f"the scheduler at {address} has no workers; start some, see docs/how-to/fleets.md")
        yield TaskEngine(client, capacity)
