"""VerificationTeardown: deletion of the server of a test in create(), once the state has the result of the test."""

from __future__ import annotations

import pulumi

from providers.runtime.base import STEP_METRICS, StepResource
from providers.temp_server_teardown import TempServerTeardownProvider


class VerificationTeardownProvider(TempServerTeardownProvider):
    """Provider that ends the rental of the server of a test; it requires the image to be there still."""


class VerificationTeardown(StepResource, module="huaweicloud", name="VerificationTeardown"):
    """End of the server of a test. For the arguments see TempServerTeardownInputs."""

    provider_class = VerificationTeardownProvider
    output_names = ("server_status", *STEP_METRICS)

    server_status: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
