"""Stacks that test their image, with a test that passes or one that fails."""

from typing import Any

from tests.providers.stack import Stack

BOOTS = "booting: installed from"
"""Text that the console of a simulated server shows whose disk has a system."""

SHORT = 0.02


def verified(stack: Stack, **verify: Any) -> Stack:
    stack.settings = {**stack.settings, "verify": {"until": BOOTS, **verify}}
    return stack


def failing(stack: Stack, **verify: Any) -> Stack:
    return verified(stack, until="never shown", timeout_minutes=SHORT, **verify)
