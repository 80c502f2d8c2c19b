"""TempServer: the temporary server that boots the ISO image, with one system and one data disk."""

import time
import uuid
from datetime import datetime
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult
from pydantic import Field

from huaweicloud.cloud import Cloud
from huaweicloud.ecs import CreatedServer, CreateServer, Server, Volume
from huaweicloud.errors import ApiError, Cancelled, CloudError, JobFailed, UnexpectedState
from huaweicloud.waiting import wait_for_job, wait_until
from providers import engine, facts, flavors, progress, properties, reaper, removal, session
from providers.marks import Mark, may_delete
from providers.properties import Bag, Properties, parse
from providers.resource import StepProvider, outputs
from providers.rules import DataDiskGiB, ServerName, SystemDiskGiB, Tags, Text, VolumeType

RELEASED = "released"
MAX_REPLAYS = 50
TOKEN_IS_SPENT = ("Ecs.0122", "Ecs.0124")  # the same token with other parameters; an expired token
LISTED_WITHIN_S = 30.0
BUILT_WITHIN_S = 600.0
_TOKENS = uuid.UUID("6a1b2f0e-9b7e-4b52-8d0c-3a3e6f1f8f55")


class RootVolume(Properties):
    """The system disk; size in GiB."""

    volumetype: VolumeType
    size: SystemDiskGiB


class DataVolume(Properties):
    """The data disk, which becomes the image; size in GiB."""

    volumetype: VolumeType
    size: DataDiskGiB


class TempServerInputs(Properties):
    """Source: ECS POST /v1/{project_id}/cloudservers in its form for ISO images. Times in minutes."""

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
    timeout_minutes: float = 30
    flavor_details: dict[str, Any] | None = None
    volume_types: dict[str, Any] | None = None
    iso_image_details: dict[str, Any] | None = None


class TempServerProvider(StepProvider):
    """Rents the server. After the image has been made the server is meant to be gone: its status is "released" then."""

    inputs = TempServerInputs
    replace_on = ("region", "build_id")

    def check(self, _olds: Bag, news: Bag) -> CheckResult:
        result = properties.check(TempServerInputs, news)
        if result.failures:
            return result
        found, failures = facts.resolve((facts.FLAVOR, facts.VOLUME_TYPES, facts.ISO_IMAGE), _olds, result.inputs)
        if facts.FLAVOR.name in found:
            failures += flavors.faults(result.inputs)
        return CheckResult(result.inputs, failures)

    def create(self, props: Bag) -> CreateResult:
        wanted = parse(TempServerInputs, props)
        cloud = session.cloud(wanted.region)
        started = time.monotonic()
        found = find_server(cloud, wanted.build_id)
        if found is None and (image := finished_image(cloud, wanted.build_id)) is not None:
            engine.log(f"needs no server: image {image.id} of this build is finished")
            return CreateResult(f"{RELEASED}-{wanted.build_id}", _released(wanted, image.data_origin))
        server, owner = _adopt(cloud, found, wanted.build_id) if found else _make(cloud, wanted)
        return CreateResult(server.id, _live(wanted, server, owner, round(time.monotonic() - started, 1)))

    def read(self, id_: str, props: Bag) -> ReadResult:
        cloud = session.cloud(props["region"])
        if cloud.ecs.get_server(id_) is not None:
            return ReadResult(id_, {**props, "status": "live"})
        if finished_image(cloud, props["build_id"], props.get("data_volume_id")) is not None:
            return ReadResult(id_, {**props, "status": RELEASED})
        return ReadResult("", {})

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        return UpdateResult({**_olds, **parse(TempServerInputs, _news).bag()})

    def delete(self, _id: str, _props: Bag) -> None:
        cloud = session.cloud(_props["region"])
        server = cloud.ecs.get_server(_id)
        if server is not None and not may_delete(server.tags, _props.get("owner", "")):
            engine.log(f"server {server.name} stays: a newer resource owns it")
            return
        volumes = [_props[key] for key in ("system_volume_id", "data_volume_id") if _props.get(key)]
        removal.remove_server(cloud, _id, volumes)


def find_server(cloud: Cloud, build_id: str) -> Server | None:
    """The server of a build, in whatever state; found by name as well, for tags may show later than the server."""
    servers = cloud.ecs.list_servers(name_contains=build_id)
    return next((s for s in servers if reaper.is_of_build(s.name, s.tags, build_id)), None)


def finished_image(cloud: Cloud, build_id: str, data_volume_id: str | None = None) -> Any:
    """The active image of a build, known by its mark or, without a mark, by the disk that it was made from."""
    origin = f"volume,{data_volume_id}"
    for image in cloud.ims.list_images(virtual_env_type="FusionCompute"):
        mark = Mark.of(image.tags)
        ours = mark is not None and (mark.build_id, mark.step) == (build_id, "image")
        if image.status == "active" and (ours or image.data_origin == origin):
            return image
    return None


def server_name(name: str, build_id: str) -> str:
    """The server's name: at most 64 characters that end in the build id, by which it is found again."""
    return f"{name[: 63 - len(build_id)]}-{build_id}"


def _released(wanted: TempServerInputs, data_origin: str | None) -> Bag:
    volume_id = (data_origin or "").removeprefix("volume,") or "unknown"
    return outputs(wanted, status=RELEASED, owner="", server_name="", data_volume_id=volume_id, duration_s=0.0)


def _live(wanted: TempServerInputs, server: Server, owner: str, duration_s: float) -> Bag:
    data = server.data_volumes
    if len(data) != 1:
        raise UnexpectedState(
            f"server {server.name} shows {len(data)} data disks instead of one",
            hint="run `pulumi up` again; `pulumi destroy` removes the server",
        )
    system = next((volume.id for volume in server.volumes if volume.is_system), None)
    return outputs(
        wanted,
        server_id=server.id,
        server_name=server.name,
        system_volume_id=system,
        data_volume_id=data[0].id,
        owner=owner,
        status="live",
        duration_s=duration_s,
    )


def _adopt(cloud: Cloud, server: Server, build_id: str) -> tuple[Server, str]:
    engine.log(f"takes over server {server.name}, which an earlier run made for this build")
    mark = Mark.fresh(build_id, "server")
    cloud.ecs.set_tags(server.id, mark.tag)
    return _wait_until_built(cloud, server.id, server.name), mark.owner


def _wait_until_built(cloud: Cloud, server_id: str, name: str) -> Server:
    def failed(server: Server | None) -> CloudError | None:
        if server is not None and server.status == "ERROR":
            return UnexpectedState(
                f"server {name} is in ERROR: {_fault(server)}", hint="see the fault; run `pulumi up` again"
            )
        return None

    server = wait_until(
        lambda: cloud.ecs.get_server(server_id),
        done=lambda server: server is not None and server.status != "BUILD" and bool(server.data_volumes),
        failed=failed,
        what=f"server {name}",
        timeout_s=BUILT_WITHIN_S,
        cancelled=engine.cancelled,
        look_first=True,
        describe=lambda server: "not listed yet" if server is None else str(server.status),
        progress=progress.reporter(),
    )
    assert server is not None  # narrowed by `done`
    return server


def _fault(server: Server) -> str:
    return server.fault.message if server.fault else "the service gives no reason"


def _request(wanted: TempServerInputs) -> CreateServer:
    return CreateServer(
        name=server_name(wanted.name, wanted.build_id),
        image_id=wanted.iso_image_id,
        flavor_id=wanted.flavor,
        vpc_id=wanted.vpc_id,
        subnet_ids=[wanted.subnet_id],
        security_group_ids=wanted.security_group_ids,
        root_volume=Volume(volume_type=wanted.root_volume.volumetype, size=wanted.root_volume.size),
        data_volumes=[
            Volume(volume_type=volume.volumetype, size=volume.size, delete_on_termination=True)
            for volume in wanted.data_volumes
        ],
        availability_zone=wanted.availability_zone,
        metadata={"virtual_env_type": "IsoImage"},
        disk_prior=True,
        server_tags={**wanted.tags, **Mark.first(wanted.build_id, "server").tag},
        enterprise_project_id=wanted.enterprise_project_id,
    )


def _make(cloud: Cloud, wanted: TempServerInputs) -> tuple[Server, str]:
    """Create the server with a client token that follows from the build id: a repeat of a request whose answer was
    lost is answered with the first one's server. A token that was spent on a server that failed or is gone since then
    gives way to the next."""
    request = _request(wanted)
    for number in range(MAX_REPLAYS):
        before = cloud.service_time("ecs")
        try:
            created = cloud.ecs.create_server(request, str(uuid.uuid5(_TOKENS, f"{wanted.build_id}/{number}")))
        except ApiError as error:
            if error.code not in TOKEN_IS_SPENT:
                raise
            found = _look_again(cloud, wanted.build_id)
            if found is not None:
                return _adopt(cloud, found, wanted.build_id)
            continue
        if not _is_spent(cloud, created, before):
            return _await(cloud, wanted, created.job_id, request.name), Mark.first(wanted.build_id, "server").owner
    raise UnexpectedState(
        f"{MAX_REPLAYS} earlier attempts to create server {request.name} have used up its client tokens",
        hint="change the build's `rebuild` value to begin a new build",
    )


def _is_spent(cloud: Cloud, created: CreatedServer, before: datetime | None) -> bool:
    """Whether the answer is an earlier request's whose server failed or is gone; `before` is the service's own time."""
    job = cloud.ecs.get_job(created.job_id)
    if before is None or job.begin_time is None or (before - job.begin_time).total_seconds() <= 1:
        return False
    if job.status == "FAIL":
        return True
    return job.status == "SUCCESS" and (job.server_id is None or cloud.ecs.get_server(job.server_id) is None)


def _look_again(cloud: Cloud, build_id: str) -> Server | None:
    """A server that an earlier request with other settings has made, which lists may show late."""
    ends = time.monotonic() + LISTED_WITHIN_S
    while (found := find_server(cloud, build_id)) is None and time.monotonic() < ends:
        if engine.cancelled.wait(2.0):
            raise Cancelled("the look for the server of an earlier request")
    return found


def _await(cloud: Cloud, wanted: TempServerInputs, job_id: str, name: str) -> Server:
    try:
        job = wait_for_job(
            cloud.ecs.get_job,
            job_id,
            what=f"server {name}",
            timeout_s=wanted.timeout_minutes * 60,
            cancelled=engine.cancelled,
            progress=progress.reporter(),
        )
    except JobFailed:
        left = find_server(cloud, wanted.build_id)
        if left is not None:
            removal.remove_server(cloud, left.id, ())
        raise
    if job.server_id is None:
        raise UnexpectedState(f"job {job_id} ended without naming its server", hint="run `pulumi up` again")
    return _wait_until_built(cloud, job.server_id, name)


class TempServer(Resource, module="huaweicloud", name="TempServer"):
    """A temporary server; `data_volume_id` is the disk that becomes the image. Arguments: see TempServerInputs."""

    server_id: pulumi.Output[str]
    server_name: pulumi.Output[str]
    data_volume_id: pulumi.Output[str]
    system_volume_id: pulumi.Output[str]
    status: pulumi.Output[str]
    duration_s: pulumi.Output[float]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        made = (
            "server_id",
            "server_name",
            "system_volume_id",
            "data_volume_id",
            "owner",
            "status",
            "duration_s",
        )
        super().__init__(TempServerProvider(), name, {**args, **dict.fromkeys(made)}, opts)
