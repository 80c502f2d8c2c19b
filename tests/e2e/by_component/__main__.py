"""Two builds of one ISO file in a program of its user's; the values in `late` are outputs of the program."""

import pulumi

from components.iso_image_build import IsoImageBuild

config = pulumi.Config()
settings, late = config.require_object("settings"), config.get_object("late") or {}
outputs = {key: pulumi.Output.from_input(value) for key, value in late.items()}
first = IsoImageBuild("first", {**settings, "image_name": "first", **outputs})
second = IsoImageBuild("second", {**settings, "image_name": first.image_id.apply(lambda id_: f"second-{id_}")})
pulumi.export("images", {"first": first.image_id, "second": second.image_id})
