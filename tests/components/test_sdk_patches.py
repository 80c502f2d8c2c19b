"""Patches of Pulumi's SDK: results equal those of the original."""

import subprocess
import sys

PROGRAM = """
import asyncio
import inspect

from pulumi import _types, log
from pulumi.runtime import resource, stack

from components import sdk_patches
from providers.captured_image import CapturedImage

debug, trace = log.debug, resource._get_stack_trace
types = _types.resource_types
for part in (
    sdk_patches._wait_once,
    sdk_patches._leave_out_debug_lines,
    sdk_patches._leave_out_stack_traces,
    sdk_patches._derive_types_once,
):
    part()
assert log.debug is not debug and log.debug("nobody listens") is None
assert resource._get_stack_trace is not trace and not resource._get_stack_trace().frames
assert _types.resource_types is not types and _types.resource_types(CapturedImage) == types(CapturedImage) != {}
assert "asyncio.wait(" in inspect.getsource(stack.wait_for_rpcs)


async def wait():
    quick, slow = asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(asyncio.sleep(0.05))
    done, _ = await stack.asyncio.wait([quick, slow], return_when=asyncio.FIRST_COMPLETED)
    return len(done)


assert asyncio.run(wait()) == 2
"""


def test_the_installed_sdk_has_all_that_is_replaced() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
