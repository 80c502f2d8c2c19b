"""Builds that the provider constructs, as a program with a generated SDK declares them, from the stack's `builds`."""

from typing import Any

import pulumi


class IsoImageBuild(pulumi.ComponentResource):
    """Component as an SDK declares it."""

    imageId: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = {"imageId": None, "buildId": None, "isoImageId": None, "summary": None}
        super().__init__("huaweicloud-image:index:IsoImageBuild", name, {**inputs, **outputs}, opts, remote=True)


config = pulumi.Config()
builds: dict[str, Any] = config.require_object("builds")
late: dict[str, Any] = config.get_object("late") or {}
previous: pulumi.Output[str] | None = None
images = {}
for name, settings in builds.items():
    outputs: dict[str, Any] = {key: pulumi.Output.from_input(value) for key, value in late.items()}
    if previous is not None:
        outputs["description"] = previous.apply(lambda id_: f"successor of {id_}")
    if "userData" in settings:
        outputs["userData"] = pulumi.Output.secret(settings["userData"])
    build = IsoImageBuild(name, {**settings, **outputs})
    previous = images[name] = build.imageId
pulumi.export("images", images)
