"""Builds whose installation does not end, and the errors that end them."""

from datetime import datetime
from typing import Any

import pytest

from huaweicloud.errors import CloudError, UnexpectedState
from tests.labs import RunningLab
from tests.providers.stack import Stack

ENDLESS = {"install_s": 1e9}


def installing(stack: Stack, **installation: Any) -> Stack:
    stack.settings = {"installation": {"timeout_minutes": 0.02, **installation}}
    return stack


def failure_of(stack: Stack) -> CloudError:
    with pytest.raises(UnexpectedState) as caught:
        stack.up()
    return caught.value


def lab_time(lab: RunningLab) -> datetime:
    return datetime.fromisoformat(lab.call("GET", "/health")["time"])
