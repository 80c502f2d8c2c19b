"""ImageVerification: test of a finished image by a small server, before the outputs of the build name the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, UpdateResult
from pydantic import Field

from config.builds.build_source import Volume
from config.constraints import ImageName, ServerName, Tags, Text
from huaweicloud.errors import Cancelled, NotFound, UnexpectedState
from providers import lookups
from providers.images import image_spec
from providers.installation import diagnostic_files
from providers.lifecycle import (
    deletion,
    image_updates,
    list_cache,
    ownership,
    quota,
    temp_server_creation,
)
from providers.lifecycle.lease import Lease
from providers.lifecycle.ownership_tag import ServerRole, without_ownership_tag
from providers.provenance import evidence_files, provenance_tag, statement
from providers.runtime import clients, process, properties
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured
from providers.temp_server import ServerOrder, rent
from providers.verification import failed_image, lab_inspection
from providers.verification.guest_wait import GuestWait, TestFailed

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import CreateServer, Server
    from huaweicloud.ims import Image

BUILT_WITHIN_S = 1800.0
"""Seconds that the job of the server may take."""


class ImageVerificationInputs(Properties):
    """
    Inputs of a test; times in minutes.

    Source: ECS POST /v1/{project_id}/cloudservers with a private image.

    Attributes:
        name: Name of the build, at the beginning of the server's name.
        image_name: Name of an image that passes.
        root_volume: System disk of the server, not smaller than that of the image.
        until: Text that the console has to show.
        port: TCP port that has to open.
        timeout_minutes: Minutes that the test may take, counted from the creation of the server.
        on_failure: Fate of an image that fails.
        inspection: Requirement that the lab's inspection finds no errors; None without it.
        lease_minutes: Minutes without a run that waits, after which the cloud deletes the server by itself.
        share_with: Ids of the projects that an image which passes is shared with.
        build_provenance: Statement of the provenance of the image, which the test completes.
    """

    region: str
    build_id: str
    name: ServerName
    image_id: str
    image_name: ImageName
    flavor: Text
    availability_zone: Text
    vpc_id: Text
    subnet_id: Text
    security_group_ids: list[str] = []
    root_volume: Volume
    tags: Tags = {}
    enterprise_project_id: str | None = None
    until: Text | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    timeout_minutes: float = 10
    on_failure: Literal["keep", "delete"] = "keep"
    inspection: Literal["required"] | None = None
    lease_minutes: float | None = None
    share_with: list[Text] = []
    build_provenance: str | None = None
    flavor_details: dict[str, Any] | None = None


class ImageVerificationProvider(StepProvider):
    """
    Provider of the test. Its server lives until a VerificationTeardown deletes it, when the state has the result.

    So a run that dies in between tests no image twice: the next one finds either the server or the result.
    """

    inputs = ImageVerificationInputs
    replace_on = ("region", "build_id", "image_id")
    update_on = ("until", "port", "timeout_minutes", "on_failure", "inspection", "share_with")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = properties.check(ImageVerificationInputs, news)
        if result.failures:
            return result
        resolved, failures = lookups.resolve((lookups.FLAVOR,), _olds, result.inputs)
        if lookups.FLAVOR.name in resolved:
            failures += lookups.missing_flavor(result.inputs, "verify.flavor")
        return CheckResult(result.inputs, failures)

    @measured("verification")
    def create(self, props: Props) -> CreateResult:
        inputs = parse(ImageVerificationInputs, props)
        cloud = clients.cloud(inputs.region)
        image = _require_image(cloud, inputs)
        role = ServerRole(inputs.build_id, "test")
        server, owner = rent(cloud, _order(inputs, role), _find_server(cloud, inputs, role))
        wait = GuestWait(cloud, inputs.until, inputs.port, inputs.timeout_minutes)
        try:
            if inputs.inspection == "required":  # the guest boots meanwhile
                lab_inspection.require_no_errors(image, server)
            server = wait.run(server, Lease(cloud, server.id, inputs.lease_minutes))
        except Cancelled as error:
            raise Cancelled(f"the test of image {image.id}; server {server.name} is kept, and continues") from error
        except TestFailed as failure:
            raise failed_image.reject(cloud, image, inputs, failure) from None
        saved = diagnostic_files.save(cloud, server, f"image {inputs.image_name} ({image.id}) passed its test")
        provenance = _provenance(inputs, server, saved)
        if provenance:  # before the image is published, so that nobody finds it without
            provenance_tag.ensure(cloud, image, provenance)
        failed_image.publish(cloud, image, inputs)
        return CreateResult(server.id, _passed(inputs, server, owner, saved, provenance))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Report the test as not made if its image is gone; its server is meant to be gone."""
        cloud = clients.cloud(props["region"])
        image = list_cache.image(cloud, props["image_id"])
        if image is None or image_spec.is_dead(image):
            return ReadResult("", {})
        try:
            shared = image_updates.get_members(cloud, image.id, props.get("share_with") or [])
        except NotFound:  # it was deleted after the list was made
            return ReadResult("", {})
        return ReadResult(id_, {**props, "share_with": shared})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = parse(ImageVerificationInputs, _news)
        cloud = clients.cloud(inputs.region)
        image_updates.set_members(cloud, inputs.image_id, inputs.share_with, bool(_olds.get("share_with")))
        return UpdateResult({**_olds, **inputs.as_props()})

    def delete(self, _id: str, _props: Props) -> None:
        cloud = clients.cloud(_props["region"])
        server = cloud.ecs.get_server(_id)
        if server is not None:
            verdict = ownership.judge(_id, server.tags, ownership.expected(_props, "test"))
            if not deletion.may_delete(f"server {server.name}", verdict):
                return
        deletion.delete_server(cloud, _id, [_props[key] for key in ("system_volume_id",) if _props.get(key)])


def _require_image(cloud: Cloud, inputs: ImageVerificationInputs) -> Image:
    image = cloud.ims.get_image(inputs.image_id)
    if image is None or image_spec.is_dead(image):
        raise UnexpectedState(
            f"image {inputs.image_name} ({inputs.image_id}) is gone, so it cannot be tested",
            hint="run `pulumi up --refresh` to build again",
        )
    return image


def _find_server(cloud: Cloud, inputs: ImageVerificationInputs, role: ServerRole) -> Server | None:
    """Return the server of an interrupted test; one of another image of the build is deleted."""
    found = temp_server_creation.find_server(cloud, role)
    if found is None or found.image_id in ("", inputs.image_id):
        return found
    process.log(f"deletes server {found.name}, which tested another image of this build")
    deletion.delete_listed_server(cloud, found)
    return None


def _order(inputs: ImageVerificationInputs, role: ServerRole) -> ServerOrder:
    flavor = inputs.flavor_details or {}
    demand = quota.Demand(int(flavor.get("vcpus") or 0), int(flavor.get("ram_mib") or 0), 1, inputs.root_volume.size)
    return ServerOrder(role, _request(inputs, role), demand, BUILT_WITHIN_S)


def _request(inputs: ImageVerificationInputs, role: ServerRole) -> CreateServer:
    from huaweicloud.ecs import CreateServer
    from huaweicloud.ecs import Volume as Disk

    return CreateServer(
        name=role.server_name(inputs.name),
        image_id=inputs.image_id,
        flavor_id=inputs.flavor,
        vpc_id=inputs.vpc_id,
        subnet_ids=[inputs.subnet_id],
        security_group_ids=inputs.security_group_ids,
        root_volume=Disk(volume_type=inputs.root_volume.volumetype, size=inputs.root_volume.size),
        availability_zone=inputs.availability_zone,
        server_tags={**without_ownership_tag(inputs.tags), **role.first_tag.as_tags},
        enterprise_project_id=inputs.enterprise_project_id,
    )


def _provenance(inputs: ImageVerificationInputs, server: Server, saved: diagnostic_files.Saved) -> str | None:
    """Return the statement of the image with the result of this test; None for an image without one."""
    if not inputs.build_provenance:
        return None
    started_on = statement.in_utc(server.created)
    result = {"result": "passed", "startedOn": started_on, "until": inputs.until, "port": inputs.port}
    return statement.with_verification(inputs.build_provenance, result, evidence_files.described(saved.files))


def _passed(
    inputs: ImageVerificationInputs,
    server: Server,
    owner: str,
    saved: diagnostic_files.Saved,
    provenance: str | None,
) -> Props:
    return outputs(
        inputs,
        server_id=server.id,
        server_name=server.name,
        system_volume_id=next((volume.id for volume in server.volumes if volume.is_system), None),
        addresses=server.addresses,
        evidence=[str(file) for file in saved.files],
        owner=owner,
        status="passed",
        provenance=provenance,
    )


class ImageVerification(StepResource, module="huaweicloud", name="ImageVerification"):
    """Test that an image has passed. For the arguments see ImageVerificationInputs."""

    provider_class = ImageVerificationProvider
    output_names = (
        "server_id",
        "server_name",
        "system_volume_id",
        "addresses",
        "evidence",
        "owner",
        "status",
        "provenance",
        *STEP_METRICS,
    )

    server_id: pulumi.Output[str]
    server_name: pulumi.Output[str]
    system_volume_id: pulumi.Output[str]
    addresses: pulumi.Output[list[str]]
    evidence: pulumi.Output[list[str]]
    status: pulumi.Output[str]
    provenance: pulumi.Output[str | None]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
