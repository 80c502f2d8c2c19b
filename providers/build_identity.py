"""BuildIdentity: the random id of a build, in the state before anything that costs money exists, and its reaper."""

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult
from pulumi.output import contains_unknowns

from huaweicloud.errors import UnexpectedState
from providers import abandoned, properties, reaper, session
from providers.image_history import kept_images
from providers.marks import Mark, new_build_id
from providers.properties import Bag, Properties, parse
from providers.resource import StepProvider, outputs

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


class BuildIdentityInputs(Properties):
    """What decides that a build is another build.

    Attributes:
        region: where the build happens.
        triggers: everything whose change must lead to a new image.
        rebuild: any text; a change of it asks for a new build.
        retain_images: whether finished images survive the end of the build.
        use_build: the id of an earlier build whose image is kept: this build is that one, and nothing is built.
        history_id: of the kept images.
    """

    region: str
    triggers: dict[str, Any]
    rebuild: str = ""
    retain_images: bool = False
    use_build: str = ""
    history_id: str = ""


class BuildIdentityProvider(StepProvider):
    """Makes an id; its delete() removes whatever in the cloud still carries that id."""

    inputs = BuildIdentityInputs
    holds = False
    replace_on = ("region", "triggers", "rebuild")
    update_on = ("retain_images", "history_id")

    def diff(self, _id: str, _olds: Bag, _news: Bag) -> DiffResult:
        """While a build is chosen, nothing but another choice leads to another build."""
        abandoned.note(_id)
        chosen = _news.get("use_build", "")
        if contains_unknowns(chosen):
            return DiffResult(changes=True, replaces=["use_build"])
        if chosen == _id:
            return properties.diff(_olds, _news, replace_on=("region",), update_on=self.update_on)
        result = super().diff(_id, _olds, _news)
        if not chosen and not _olds.get("use_build"):
            return result
        return DiffResult(changes=True, replaces=[*(result.replaces or ()), "use_build"])

    def create(self, props: Bag) -> CreateResult:
        identity = parse(BuildIdentityInputs, props)
        if identity.use_build:
            _require_image(session.cloud(identity.region), identity)
        abandoned.delete_server(session.cloud(identity.region), identity.use_build)
        build_id = identity.use_build or new_build_id()
        return CreateResult(build_id, outputs(identity, build_id=build_id))

    def read(self, id_: str, props: Bag) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        # What a later change is compared with stays as it was when this build was made.
        made_by: Bag = {key: _olds[key] for key in ("triggers", "rebuild", "use_build") if key in _olds}
        return UpdateResult(outputs(parse(BuildIdentityInputs, {**_news, **made_by}), build_id=_id))

    def delete(self, _id: str, _props: Bag) -> None:
        identity = parse(BuildIdentityInputs, _props)
        reaper.reap(session.cloud(identity.region), _id, keep_images=identity.retain_images)


def _require_image(cloud: "Cloud", identity: BuildIdentityInputs) -> None:
    kept = [mark.build_id for image in kept_images(cloud, identity.history_id) if (mark := Mark.of(image.tags))]
    if identity.use_build not in kept:
        raise UnexpectedState(
            f"no image of build {identity.use_build} is kept, which use_build asks for",
            hint=f"kept are the builds {', '.join(kept)}" if kept else "this build keeps no earlier images",
        )


class BuildIdentity(Resource, module="huaweicloud", name="BuildIdentity"):
    """The identity of a build. For the arguments see BuildIdentityInputs."""

    build_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        triggers: pulumi.Input[dict[str, Any]],
        rebuild: pulumi.Input[str] = "",
        retain_images: pulumi.Input[bool] = False,
        use_build: pulumi.Input[str] = "",
        history_id: pulumi.Input[str] = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "region": region,
            "triggers": triggers,
            "rebuild": rebuild,
            "retain_images": retain_images,
            "use_build": use_build,
            "history_id": history_id,
        }
        super().__init__(BuildIdentityProvider(), name, {**props, "build_id": None}, opts)
