"""TempServer: the temporary server that boots the ISO image, with one system and one data disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pydantic import Field

from config.builds.build_source import DataVolume, RootVolume
from config.constraints import ServerName, Tags, Text, UserData
from huaweicloud.errors import CloudError, UnexpectedState
from huaweicloud.errors.codes import is_quota
from providers import lookups
from providers.lifecycle import (
    deletion,
    finished_image,
    image_updates,
    lease,
    list_cache,
    ownership,
    quota,
    superseded_builds,
    temp_server_creation,
)
from providers.lifecycle.ownership_tag import OwnershipTag, ServerRole, without_ownership_tag
from providers.provenance.statement import in_utc
from providers.runtime import clients, process, properties
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import CreateServer, Server

RELEASED = "released"
LOST_TAG = "ownership_tag_is_lost"
"""Output of a refresh that no input has, so that an update follows."""


class TempServerInputs(Properties):
    """
    Inputs of a temporary server; times in minutes.

    Source: ECS POST /v1/{project_id}/cloudservers in its form for ISO images.
    """

    region: str
    build_id: str
    name: ServerName
    iso_image_id: str
    flavor: Text
    availability_zone: Text
    vpc_id: Text
    subnet_id: Text
    security_group_ids: list[str] = []
    root_volume: RootVolume
    data_volumes: list[DataVolume] = Field(min_length=1, max_length=1)
    tags: Tags = {}
    enterprise_project_id: str | None = None
    user_data: UserData | None = None
    timeout_minutes: float = 30
    lease_minutes: float | None = None
    flavor_details: dict[str, Any] | None = None
    volume_types: dict[str, Any] | None = None
    iso_image_details: dict[str, Any] | None = None


class TempServerProvider(StepProvider):
    """Provider of the server, which is meant to be gone once its image exists: its status is "released" then."""

    inputs = TempServerInputs
    replace_on = ("region", "build_id")
    update_on = (LOST_TAG,)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = properties.check(TempServerInputs, news)
        if result.failures:
            return result
        resolved, failures = lookups.resolve(
            (lookups.FLAVOR, lookups.VOLUME_TYPES, lookups.ISO_IMAGE), _olds, result.inputs
        )
        if lookups.FLAVOR.name in resolved:
            failures += lookups.flavor_failures(result.inputs)
        if lookups.ISO_IMAGE.name in resolved and not result.inputs[lookups.ISO_IMAGE.name]:
            failures.append(_missing_iso_image(result.inputs["iso_image_id"]))
        return CheckResult(result.inputs, failures)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        superseded_builds.record_replaced(_olds["build_id"])
        return super().diff(_id, _olds, _news)

    @measured("temporary_server")
    def create(self, props: Props) -> CreateResult:
        inputs = parse(TempServerInputs, props)
        cloud = clients.cloud(inputs.region)
        superseded_builds.delete_server(cloud, inputs.build_id)
        role = ServerRole(inputs.build_id)
        found = temp_server_creation.find_server(cloud, role)
        if found is None and (image := finished_image.find(cloud, inputs.build_id)) is not None:
            process.log(f"creates no server, because image {image.id} of this build is finished")
            return CreateResult(f"{RELEASED}-{inputs.build_id}", _released(inputs, image.data_origin))
        order = ServerOrder(role, _request(inputs), _demand(inputs), inputs.timeout_minutes * 60)
        server, owner = rent(cloud, order, found)
        if inputs.lease_minutes is not None:
            lease.extend(cloud, server.id, inputs.lease_minutes)
        return CreateResult(server.id, _live(inputs, server, owner))

    def read(self, id_: str, props: Props) -> ReadResult:
        cloud = clients.cloud(props["region"])
        image = finished_image.find_among(list_cache.images(cloud), props["build_id"], props.get("data_volume_id"))
        server = list_cache.server(cloud, id_, may_be_gone=image is not None)
        if server is not None and _can_be_used(cloud, props):
            return ReadResult(id_, {**_with_tag_state(props, server), "status": "live"})
        return ReadResult(id_, {**props, "status": RELEASED}) if image is not None else ReadResult("", {})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = parse(TempServerInputs, _news)
        if _olds.get(LOST_TAG):
            clients.cloud(inputs.region).ecs.set_tags(_id, ownership.expected(_olds, "server").as_tags)
        return UpdateResult({**{key: value for key, value in _olds.items() if key != LOST_TAG}, **inputs.as_props()})

    def delete(self, _id: str, _props: Props) -> None:
        cloud = clients.cloud(_props["region"])
        server = cloud.ecs.get_server(_id)
        if server is not None:
            verdict = ownership.judge(_id, server.tags, ownership.expected(_props, "server"))
            if not deletion.may_delete(f"server {server.name}", verdict):
                return
        volumes = [_props[key] for key in ("system_volume_id", "data_volume_id") if _props.get(key)]
        deletion.delete_server(cloud, _id, volumes)


def _with_tag_state(props: Props, server: Server) -> Props:
    """
    Return the outputs, marked if the server does not carry its ownership tag.

    Not documented: how late the tags of a new server show; a tag that is written once more is the same.
    """
    kept = {key: value for key, value in props.items() if key != LOST_TAG}
    if OwnershipTag.of(server.tags) == ownership.expected(props, "server"):
        return kept
    image_updates.report_lost_tag(f"server {server.name}")
    return {**kept, LOST_TAG: True}


class ServerOrder(NamedTuple):
    """
    Order of a server.

    Attributes:
        role: Role of the server in its build.
        request: Request for a new server.
        demand: Demand of the server on the quotas.
        timeout_s: Seconds that the job of a new server may take.
    """

    role: ServerRole
    request: CreateServer
    demand: quota.Demand
    timeout_s: float


def rent(cloud: Cloud, order: ServerOrder, found: Server | None) -> tuple[Server, str]:
    """Return the server and its owner; a new one is created when the quotas have capacity for it."""
    servers, role = quota.servers(cloud), order.role
    ensure = partial(temp_server_creation.ensure_server, cloud, role, order.request, order.timeout_s)
    if found is not None:
        server, owner = ensure(found, lambda: None)
        servers.track(server.id)
        return server, owner
    while True:
        reservation = servers.reserve(role.key, order.demand)
        try:
            with reservation:
                server, owner = ensure(found, reservation.accepted)
                reservation.assign(server.id)
                return server, owner
        except CloudError as error:
            if not reservation.may_retry:
                if is_quota(error):
                    error.hint = "; ".join(filter(None, [error.hint, superseded_builds.hint(cloud)]))
                raise
            process.log(f"waits until another server is deleted: {error}")
        found = temp_server_creation.find_server(cloud, role)


def _demand(inputs: TempServerInputs) -> quota.Demand:
    flavor = inputs.flavor_details or {}
    sizes = [inputs.root_volume.size, *(volume.size for volume in inputs.data_volumes)]
    return quota.Demand(int(flavor.get("vcpus") or 0), int(flavor.get("ram_mib") or 0), len(sizes), sum(sizes))


def _missing_iso_image(image_id: str) -> CheckFailure:
    return CheckFailure("iso_image_id", f"image {image_id} no longer exists: run `pulumi up --refresh`")


def _can_be_used(cloud: Cloud, props: Props) -> bool:
    """Return True if the data disk of a server exists; without it the server is of no use."""
    return not props.get("data_volume_id") or list_cache.volume(cloud, props["data_volume_id"]) is not None


def _released(inputs: TempServerInputs, data_origin: str | None) -> Props:
    volume_id = (data_origin or "").removeprefix("volume,") or "unknown"
    return outputs(inputs, status=RELEASED, owner="", server_name="", data_volume_id=volume_id, duration_s=0.0)


def _live(inputs: TempServerInputs, server: Server, owner: str) -> Props:
    data = server.data_volumes
    if len(data) != 1:
        raise UnexpectedState(
            f"server {server.name} has {len(data)} data disks instead of one",
            hint="run `pulumi up` again, or `pulumi destroy` to delete the server",
        )
    system = next((volume.id for volume in server.volumes if volume.is_system), None)
    return outputs(
        inputs,
        server_id=server.id,
        server_name=server.name,
        system_volume_id=system,
        data_volume_id=data[0].id,
        owner=owner,
        status="live",
        created_at=in_utc(server.created),
    )


def _request(inputs: TempServerInputs) -> CreateServer:
    from huaweicloud.ecs import CreateServer, Volume

    return CreateServer(
        name=ServerRole(inputs.build_id).server_name(inputs.name),
        image_id=inputs.iso_image_id,
        flavor_id=inputs.flavor,
        vpc_id=inputs.vpc_id,
        subnet_ids=[inputs.subnet_id],
        security_group_ids=inputs.security_group_ids,
        root_volume=Volume(volume_type=inputs.root_volume.volumetype, size=inputs.root_volume.size),
        data_volumes=[
            Volume(volume_type=volume.volumetype, size=volume.size, delete_on_termination=True)
            for volume in inputs.data_volumes
        ],
        availability_zone=inputs.availability_zone,
        metadata={"virtual_env_type": "IsoImage"},
        disk_prior=True,
        user_data=inputs.user_data.encode() if inputs.user_data else None,
        server_tags={**without_ownership_tag(inputs.tags), **OwnershipTag.first(inputs.build_id, "server").as_tags},
        enterprise_project_id=inputs.enterprise_project_id,
    )


class TempServer(StepResource, module="huaweicloud", name="TempServer"):
    """Temporary server; the disk `data_volume_id` becomes the image. For the arguments see TempServerInputs."""

    provider_class = TempServerProvider
    output_names = (
        "server_id",
        "server_name",
        "system_volume_id",
        "data_volume_id",
        "created_at",
        "owner",
        "status",
        *STEP_METRICS,
    )

    server_id: pulumi.Output[str]
    server_name: pulumi.Output[str]
    data_volume_id: pulumi.Output[str]
    system_volume_id: pulumi.Output[str]
    flavor: pulumi.Output[str]
    availability_zone: pulumi.Output[str]
    created_at: pulumi.Output[str | None]
    status: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
