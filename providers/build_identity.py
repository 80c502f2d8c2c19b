"""BuildIdentity: random id of a build, in the state before anything that costs money, and its garbage collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from providers.image_history import keep, prune
from providers.images import copy_collection, exported_object, image_spec
from providers.iso_file import recorded_content
from providers.lifecycle import chosen_build, earlier_builds, garbage_collection, superseded_builds
from providers.lifecycle.ownership_tag import OwnershipTag, new_build_id
from providers.runtime import clients, declared, process, properties, similar_builds
from providers.runtime.base import StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, contains_unknowns, parse
from providers.triggers import image_age, upload_changes

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


class BuildIdentityInputs(Properties):
    """
    Inputs that decide if a build is another build.

    Attributes:
        region: Region of the build.
        triggers: Values whose change must lead to a new image.
        rebuild: Any text, whose change leads to a new build.
        retain_images: True if finished images are kept after the end of the build.
        use_build: Id of an earlier build whose image is kept; this build is that one, and nothing is built.
        history_id: Id of the history of kept images.
        keep_images: Number of images that the history keeps.
        iso_sha256: Digest that the ISO file must have, if the stack pins one.
        max_age_days: Days after which the image leads to a new build; None for no limit.
        made_of: Digests that the location of an upload follows from, by setting; they explain a change of it.
        copy_regions: Regions that the image is copied to, by their names in the stack.
        export_objects: Objects that the image is exported to, in which {build_id} stands for the id of the build.
        content: Content of the ISO file, which check() resolves; empty if unknown.
    """

    region: str
    triggers: dict[str, Any]
    rebuild: str = ""
    retain_images: bool = False
    use_build: str = ""
    history_id: str = ""
    keep_images: int = 0
    iso_sha256: str | None = None
    max_age_days: float | None = None
    made_of: dict[str, str] | None = None
    copy_regions: list[str] | None = None
    export_objects: list[str] | None = None
    content: dict[str, Any] | None = None


class BuildIdentityProvider(StepProvider):
    """Provider of a random build id, whose delete() deletes everything in the cloud that still carries the id."""

    inputs = BuildIdentityInputs
    holds = False
    replace_on = ("region", "triggers", "rebuild")
    update_on = ("retain_images", "history_id", "copy_regions", "export_objects")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = super().check(_olds, news)
        if not result.failures:
            result = CheckResult(result.inputs, recorded_content.of_identity(_olds, result.inputs))
        chosen = result.inputs.get("use_build")
        if result.failures or not chosen or contains_unknowns(chosen) or contains_unknowns(result.inputs["region"]):
            return result
        if chosen == _olds.get("use_build"):
            return result  # this build is that one already
        is_new = not _olds and declared.current() is None
        reason = chosen_build.absence(clients.cloud(result.inputs["region"]), result.inputs, is_new)
        return CheckResult(result.inputs, [CheckFailure("use_build", reason)] if reason else [])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare the inputs; while a build is chosen, only another choice leads to another build."""
        superseded_builds.record_replaced(_id)
        self.record(_id, _olds, _news)
        chosen = _news.get("use_build", "")
        if contains_unknowns(chosen):
            return DiffResult(changes=True, replaces=["use_build"])
        if chosen == _id:
            return properties.diff(_olds, _news, replace_on=("region",), update_on=self.update_on)
        result = properties.diff(_olds, _news, replace_on=self.replace_on, update_on=self.update_on)
        for phrase in upload_changes.explanations(_olds.get("made_of"), _news.get("made_of")) if not chosen else ():
            process.log(f"{phrase}; a new image will be built")
        if not chosen and not _olds.get("use_build"):
            return image_age.with_age(recorded_content.with_change(result, _olds, _news), _id, _olds, _news)
        if chosen:
            region = _news["region"] if isinstance(_news["region"], str) else _olds["region"]
            chosen_build.require(clients.cloud(region), _news, self._earlier(_olds))
        return DiffResult(changes=True, replaces=[*(result.replaces or ()), "use_build"])

    def create(self, props: Props) -> CreateResult:
        identity = parse(BuildIdentityInputs, props)
        replaced = declared.current()
        recorded = replaced.recorded if replaced else {}
        earlier = self._earlier(recorded, identity.retain_images)
        if identity.use_build:
            chosen_build.require(clients.cloud(identity.region), props, earlier)
        build_id = identity.use_build or self._way_back(identity, recorded)
        superseded_builds.delete_server(clients.cloud(identity.region), build_id)
        recorded_at = next((build.get(image_age.BUILT_AT) for build in earlier if build["build_id"] == build_id), None)
        built_at = recorded_at if build_id else image_age.now()
        build_id = build_id or new_build_id()
        earlier = [build for build in earlier if build["build_id"] != build_id]
        declared.record(build_id, props)
        similar_builds.record(build_id, props)
        more = _elsewhere(identity)
        if recorded_content.IS_BUILD in identity.triggers:
            more[image_age.BUILT_AT] = built_at
        return CreateResult(build_id, outputs(identity, build_id=build_id, earlier=earlier or None, **more))

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        # The inputs that later changes are compared with stay as they were when this build was created.
        made_by: Props = {key: _olds[key] for key in ("triggers", "rebuild", "use_build", "made_of") if key in _olds}
        made_by["content"] = recorded_content.to_record(_olds, _news)
        identity = parse(BuildIdentityInputs, {**_news, **made_by})
        kept = {key: _olds.get(key) for key in ("earlier", image_age.BUILT_AT)}
        return UpdateResult(outputs(identity, build_id=_id, **kept, **_elsewhere(identity, _olds)))

    def delete(self, _id: str, _props: Props) -> None:
        successor = declared.current()
        if successor is not None and successor.id == _id:
            return  # the configuration returned to this build, which has an identity in the state again
        identity = parse(BuildIdentityInputs, successor.inputs if successor else _props)
        cloud = clients.cloud(str(_props["region"]))
        keeps = identity.history_id and identity.keep_images and not identity.retain_images
        if successor and keeps and identity.region == _props["region"]:
            _keep_finished(cloud, _id, identity)
        kept_here = identity.history_id if keeps or not successor else ""
        fate = copy_collection.Fate(
            kept_here, identity.keep_images if keeps and successor else 0, identity.retain_images
        )
        copy_collection.collect(_props.get("copied_to") or (), _id, fate)
        if not identity.retain_images:
            exported_object.collect(cloud, _props.get("exported_to") or (), _id)
        garbage_collection.collect(cloud, _id, keep_images=identity.retain_images)

    def _earlier(self, recorded: Props, retain: bool = False) -> list[Props]:
        return earlier_builds.extended(recorded, (*self.replace_on, "use_build", "content", image_age.BUILT_AT), retain)

    def _way_back(self, identity: BuildIdentityInputs, recorded: Props) -> str:
        """Return the id of the earlier build that the inputs describe again, if its finished image is still there."""
        news = identity.as_props()

        def is_same(build: Props) -> bool:
            if image_age.is_too_old(build.get(image_age.BUILT_AT), identity.max_age_days):
                return False
            found = properties.diff(build, news, replace_on=self.replace_on)
            return not (found.changes or build.get("use_build") or recorded_content.has_changed(build, news))

        images = partial(clients.cloud(identity.region).ims.list_images, virtual_env_type="FusionCompute")
        build_id = earlier_builds.way_back(recorded, is_same, images)
        if build_id:
            process.log(f"returns to build {build_id}, whose image is finished")
        return build_id


def _elsewhere(identity: BuildIdentityInputs, recorded: Props | None = None) -> Props:
    """Return all places that the image was ever to be taken to, as outputs; nothing if there are none."""
    wanted = {"copied_to": identity.copy_regions, "exported_to": identity.export_objects}
    found = {
        key: list(dict.fromkeys([*((recorded or {}).get(key) or []), *(new or [])])) for key, new in wanted.items()
    }
    return {key: places for key, places in found.items() if places}


def _keep_finished(cloud: Cloud, build_id: str, successor: BuildIdentityInputs) -> None:
    """Keep a finished image that no state records, because the run that created or adopted it was interrupted."""
    for image in image_spec.find_images(cloud, build_id, "image"):
        tag = OwnershipTag.of(image.tags)
        if image.status == "active" and tag is not None and tag.step == "image":
            keep(cloud, image, build_id, successor.history_id)
            prune(cloud, successor.history_id, successor.keep_images)


class BuildIdentity(StepResource, module="huaweicloud", name="BuildIdentity"):
    """Identity of a build. For the arguments see BuildIdentityInputs."""

    provider_class = BuildIdentityProvider
    output_names = ("build_id", "content", "built_at")

    build_id: pulumi.Output[str]
    content: pulumi.Output[dict[str, Any] | None]
    built_at: pulumi.Output[str | None]

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
        keep_images: int = 0,
        iso_sha256: pulumi.Input[str] | None = None,
        max_age_days: pulumi.Input[float] | None = None,
        made_of: Mapping[str, str] | None = None,
        copy_regions: Sequence[str] | None = None,
        export_objects: pulumi.Input[Sequence[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "region": region,
            "triggers": triggers,
            "rebuild": rebuild,
            "retain_images": retain_images,
            "use_build": use_build,
            "history_id": history_id,
            "keep_images": keep_images,
            "iso_sha256": iso_sha256,
            "max_age_days": max_age_days,
            "made_of": made_of,
            **({"copy_regions": copy_regions} if copy_regions else {}),
            **({"export_objects": export_objects} if export_objects else {}),
        }
        super().__init__(name, props, opts)
