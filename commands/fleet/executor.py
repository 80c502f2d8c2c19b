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

CONNECT_TIMEOUT_S = 10
EMBEDDED_AT_ONCE = 4  # Each run is a Pulumi with its plugins: some 300 MB, and a processor during its start.
# Without these settings, pages about the tasks would be served on further ports.
SILENT: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
LOOPBACK = "127.0.0.1:0"


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
def open_executor(address: str | None, at_once: int | None, stacks: int) -> Iterator[Executor]:
    """
    Open an executor for the duration of the block.

    Args:
        address: Address of a cluster's scheduler, such as `tcp://10.0.0.1:8786`; None to run in this process.
        at_once: Number of runs at the same time in this process; None for a few.
        stacks: Number of stacks to run.

    Raises:
        ExecutorUnusable: No scheduler responds at the address, or the cluster has no workers.
    """
    distributed = import_module("distributed")  # which takes a second
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
        raise ExecutorUnusable(f"no scheduler responds at {address}: {error}") from error
    with client:
        capacity = sum(client.nthreads().values())
        if not capacity:
            raise ExecutorUnusable(f"the scheduler at {address} has no workers; start some (docs/how-to/fleets.md)")
        yield Executor(client, capacity)
