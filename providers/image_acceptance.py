"""ImageAcceptance: decision of a project to use an image that another project shares with it."""

from __future__ import annotations

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from config.constraints import Text
from huaweicloud.errors import NotFound, UnexpectedState
from providers.runtime import clients, process
from providers.runtime.base import StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse

ACCEPTED = "accepted"


class ImageAcceptanceInputs(Properties):
    """
    Inputs of an acceptance.

    Source: IMS PUT /v2/images/{image_id}/members/{member_id}.

    Attributes:
        region: Region of the receiving project, by its id or its name in `regions`.
        image_id: Id of the shared image.
    """

    region: str
    image_id: Text


class ImageAcceptanceProvider(StepProvider):
    """Provider that accepts a shared image; delete() rejects it, if it is still shared."""

    inputs = ImageAcceptanceInputs
    replace_on = ("region", "image_id")

    def create(self, props: Props) -> CreateResult:
        inputs = parse(ImageAcceptanceInputs, props)
        cloud = clients.cloud(inputs.region)
        decision = cloud.ims_copies.decision(inputs.image_id)
        if decision is None:
            project = f"project {cloud.project_id} in {cloud.region}"
            raise UnexpectedState(
                f"image {inputs.image_id} is not shared with {project}, or does not exist",
                hint="share it first: the build that makes it names the project in share_with",
            )
        if decision != ACCEPTED:
            cloud.ims_copies.decide(inputs.image_id, "accepted")
        return CreateResult(inputs.image_id, outputs(inputs, status=ACCEPTED))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Report an image that is not accepted any more as none, so that an update accepts it again."""
        if clients.cloud(props["region"]).ims_copies.decision(id_) != ACCEPTED:
            return ReadResult("", {})
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return UpdateResult(outputs(parse(ImageAcceptanceInputs, _news), status=ACCEPTED))

    def delete(self, _id: str, _props: Props) -> None:
        cloud = clients.cloud(_props["region"])
        if cloud.ims_copies.decision(_id) != ACCEPTED:
            cloud.require_access()
            return
        try:
            cloud.ims_copies.decide(_id, "rejected")
        except NotFound:
            process.log(f"image {_id} is not shared any more")


class ImageAcceptance(StepResource, module="huaweicloud", name="ImageAcceptance"):
    """Shared image that a project has accepted. For the arguments see ImageAcceptanceInputs."""

    provider_class = ImageAcceptanceProvider
    output_names = ("status",)

    image_id: pulumi.Output[str]
    status: pulumi.Output[str]
