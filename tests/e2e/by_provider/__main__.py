"""Builds that the provider constructs, as a program with a generated SDK declares them, from the stack's `builds`."""

from typing import Any

import pulumi


class IsoImageBuild(pulumi.ComponentResource):
    """Component as an SDK declares it."""

    imageId: pulumi.Output[str]
    summary: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = {"imageId": None, "buildId": None, "isoImageId": None, "summary": None}
        super().__init__("huaweicloud-image:index:IsoImageBuild", name, {**inputs, **outputs}, opts, remote=True)


config = pulumi.Config()
builds: dict[str, Any] = config.require_object("builds")
late: dict[str, Any] = config.get_object("late") or {}
is_chained = config.get_bool("chained")
previous: pulumi.Output[str] | None = None
images, summaries = {}, {}
for name, settings in builds.items():
    outputs: dict[str, Any] = {key: pulumi.Output.from_input(value) for key, value in late.items()}
    if is_chained and previous is not None:
        outputs["description"] = previous.apply(lambda id_: f"successor of {id_}")
    if "userData" in settings:
        outputs["userData"] = pulumi.Output.secret(settings["userData"])
    build = IsoImageBuild(name, {**settings, **outputs})
    previous = images[name] = build.imageId
    summaries[name] = build.summary
pulumi.export("images", images)
pulumi.export("builds", summaries)
