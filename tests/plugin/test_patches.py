"""The process of the provider: none of the patches of Pulumi that dynamic resources need."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATCHES = ("_grow_pool", "_watch_cancel", "_plain_errors", "_plain_check_failures", "_use_loops_again")
"""Patches in `providers.runtime.process`; its other parts use gRPC alone."""

PROCESS = f"""
import asyncio, json, os, sys
from unittest.mock import Mock

import pulumi.log, pulumi.runtime.resource, pulumi.runtime.stack

stock = [pulumi.log.debug, pulumi.runtime.resource._get_stack_trace]
import plugin.server
from plugin.servicer import Servicer
from providers.runtime import clients, process

patches = {{name: Mock() for name in {PATCHES!r}}}
vars(process).update(patches)
named = {{part.__name__: name for name, part in process._PARTS.items()}}
process._PARTS.update({{named[name]: patch for name, patch in patches.items()}})
process.serve("127.0.0.1:1")
Servicer()
clients.configure({{"region": "lab-1"}})
print(json.dumps({{
    "applied": [name for name, patch in patches.items() if patch.called],
    "imported": [name for name in sys.modules if name.endswith("_patches")],
    "is_stock": [pulumi.log.debug, pulumi.runtime.resource._get_stack_trace] == stock,
    "waits_as_stock": pulumi.runtime.stack.asyncio is asyncio,
}}), flush=True)
os._exit(0)
"""


def test_the_provider_uses_no_patch_of_pulumi():
    done = subprocess.run([sys.executable, "-c", PROCESS], cwd=ROOT, text=True, capture_output=True, timeout=120)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {"applied": [], "imported": [], "is_stock": True, "waits_as_stock": True} == found
