"""BuildIdentity: the random id of a build, in the state before anything that costs money exists, and its reaper."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from providers import reaper, session
from providers.marks import new_build_id
from providers.properties import Bag, Properties, parse
from providers.resource import StepProvider, outputs


class BuildIdentityInputs(Properties):
    """What decides that a build is another build.

    Attributes:
        region: where the build happens.
        triggers: everything whose change must lead to a new image.
        rebuild: any text; a change of it asks for a new build.
        retain_images: whether finished images survive the end of the build.
    """

    region: str
    triggers: dict[str, Any]
    rebuild: str = ""
    retain_images: bool = False


class BuildIdentityProvider(StepProvider):
    """Makes an id; its delete() removes whatever in the cloud still carries that id."""

    inputs = BuildIdentityInputs
    replace_on = ("region", "triggers", "rebuild")
    update_on = ("retain_images",)

    def create(self, props: Bag) -> CreateResult:
        build_id = new_build_id()
        return CreateResult(build_id, outputs(parse(BuildIdentityInputs, props), build_id=build_id))

    def read(self, id_: str, props: Bag) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        return UpdateResult(outputs(parse(BuildIdentityInputs, _news), build_id=_id))

    def delete(self, _id: str, _props: Bag) -> None:
        identity = parse(BuildIdentityInputs, _props)
        reaper.reap(session.cloud(identity.region), _id, keep_images=identity.retain_images)


class BuildIdentity(Resource, module="huaweicloud", name="BuildIdentity"):
    """The identity of a build.

    Args:
        name: the resource's name.
        region: where the build happens.
        triggers: everything whose change must lead to a new image.
        rebuild: any text; a change of it asks for a new build.
        retain_images: whether finished images survive the end of the build.
    """

    build_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        triggers: pulumi.Input[dict[str, Any]],
        rebuild: pulumi.Input[str] = "",
        retain_images: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"region": region, "triggers": triggers, "rebuild": rebuild, "retain_images": retain_images}
        super().__init__(BuildIdentityProvider(), name, {**props, "build_id": None}, opts)
