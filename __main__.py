"""Builds private images from ISO files: the stack's configuration in, images out."""

import pulumi

from components import configuration, sdk_patches
from components.build_declaration import declare
from components.preflight_step import declare_preflights
from components.provider import declare_provider

sdk_patches.quicken()
project, configured = pulumi.get_project(), configuration.read()
regions, provider = configured.regions, declare_provider(project, configured.sign_in)
checked = declare_preflights(regions, configured.to_check, configured.preflight, configured.problems, provider)
builds = declare(regions, configured.builds, provider, checked)

pulumi.export("images", {name: build.image_id for name, build in builds.items()})
pulumi.export("builds", {name: build.summary for name, build in builds.items()})
