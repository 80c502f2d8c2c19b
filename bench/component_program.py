"""Program of a user's own, whose builds are the provider's components, made of dynamic resources."""

import pulumi

from components import sdk_patches
from components.iso_image_build import IsoImageBuild

sdk_patches.quicken()
listed = pulumi.Config().require_object("builds")
builds = {build["name"]: IsoImageBuild(build.pop("name"), build) for build in listed}
pulumi.export("images", {name: build.image_id for name, build in builds.items()})
pulumi.export("builds", {name: build.summary for name, build in builds.items()})
