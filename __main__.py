"""Builds private images from ISO files: the stack's configuration in, images out."""

import pulumi

from components import configuration
from components.iso_image_build import declare
from components.preflight import declare_preflight

configured = configuration.read()
checked = declare_preflight(configured.region, configured.to_check, configured.preflight, configured.faults)
builds = declare(configured.region, configured.builds, checked)

pulumi.export("images", {name: build.image_id for name, build in builds.items()})
pulumi.export("builds", {name: build.summary for name, build in builds.items()})
