"""Builds private images from ISO files: the stack's configuration in, images out."""

import pulumi

from components import configuration
from components.iso_image_build import declare
from components.preflight import declare_preflight
from components.provider import declare_provider

configured = configuration.read()
region, provider = configured.region, declare_provider(configured.project, configured.sign_in)
checked = declare_preflight(region, configured.to_check, configured.preflight, configured.faults, provider)
builds = declare(region, configured.builds, provider, checked)

pulumi.export("images", {name: build.image_id for name, build in builds.items()})
pulumi.export("builds", {name: build.summary for name, build in builds.items()})
