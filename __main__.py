"""Builds private images from ISO files: the stack's configuration in, images out."""

import pulumi

from components import configuration
from components.iso_image_build import declare

configured = configuration.read()
builds = declare(configured.region, configured.builds)

pulumi.export("images", {name: build.image_id for name, build in builds.items()})
pulumi.export("builds", {name: build.summary for name, build in builds.items()})
