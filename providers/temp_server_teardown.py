"""
TempServerTeardown: deletion of the temporary server and both disks in create(); delete() does nothing.

VerificationTeardown does the same with the server of a test, once the state has the result of the test. It is a kind of
its own, because names of resources contain no parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from huaweicloud.errors import UnexpectedState
from preflight import duration_history
from providers.lifecycle import deletion, list_cache
from providers.runtime import clients, similar_builds, step_metrics
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


class TempServerTeardownInputs(Properties):
    """
    Inputs of a teardown.

    Attributes:
        region: Region of the server.
        server_id: Id of the server.
        volume_ids: Ids of its disks.
        image_id: Id of the image that must be active first.
        rented_s: Seconds for which the server has been rented until now.
    """

    region: str
    server_id: str
    volume_ids: list[str]
    image_id: str
    rented_s: float = 0


class TempServerTeardownProvider(StepProvider):
    """Provider that ends the rental of the server as soon as its image is active."""

    inputs = TempServerTeardownInputs
    replace_on = ("region", "server_id")

    @measured("teardown")
    def create(self, props: Props) -> CreateResult:
        teardown = parse(TempServerTeardownInputs, props)
        cloud = clients.cloud(teardown.region)
        _require_active(cloud, teardown.image_id)
        deletion.delete_server(cloud, teardown.server_id, teardown.volume_ids)
        if teardown.rented_s:
            _record_rental(teardown)
        return CreateResult(teardown.server_id, outputs(teardown, server_status="deleted"))

    def read(self, id_: str, props: Props) -> ReadResult:
        if list_cache.server(clients.cloud(props["region"]), id_, may_be_gone=True) is not None:
            return ReadResult("", {})
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return UpdateResult({**_olds, **parse(TempServerTeardownInputs, _news).as_props()})


def _record_rental(teardown: TempServerTeardownInputs) -> None:
    basis = similar_builds.basis_of(duration_history.RENTAL, teardown.as_props())
    if basis is not None:
        duration_history.record(
            teardown.region, duration_history.RENTAL, teardown.rented_s + step_metrics.elapsed_s(), basis
        )


def _require_active(cloud: Cloud, image_id: str) -> None:
    image = cloud.ims.get_image(image_id)
    if image is None or image.status != "active":
        state = "gone" if image is None else image.status
        raise UnexpectedState(
            f"image {image_id} is {state}; the temporary server is kept until its image is active",
            hint="run `pulumi up --refresh` to create the image again",
        )


class TempServerTeardown(StepResource, module="huaweicloud", name="TempServerTeardown"):
    """End of the temporary server. For the arguments see TempServerTeardownInputs."""

    provider_class = TempServerTeardownProvider
    output_names = ("server_status", *STEP_METRICS)

    server_status: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]


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
