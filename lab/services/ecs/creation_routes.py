"""Routes for the creation of servers, in both versions of the call."""

from typing import Annotated, Any

from fastapi import FastAPI, Header
from starlette.responses import JSONResponse, Response

from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ACCEPTED, ERRORS, CreatedServers
from lab.services.ecs.server_schemas import CreateServersBody, ExtendParam, HintsBody, ServerBody, VolumeBody
from lab.services.service_app import as_json
from lab.world.identity.iam import Caller
from lab.world.network.public_addresses import AddressOrder
from lab.world.refusal import Refused
from lab.world.servers.idempotency import ClientTokens
from lab.world.servers.server_creation import create_servers as create
from lab.world.servers.server_orders import DiskOrder, NicOrder, ServerOrder
from lab.world.servers.server_validation import check_order
from lab.world.state import World

RESPONSES: dict[int | str, dict[str, Any]] = {200: {"model": CreatedServers}, **ERRORS, **ACCEPTED}


def add_routes(app: FastAPI, world: World) -> None:
    tokens = ClientTokens(world)

    @app.post("/v1/{project_id}/cloudservers", responses=RESPONSES)
    async def create_post_paid_servers(
        body: CreateServersBody, caller: ProjectCaller, x_client_token: Annotated[str | None, Header()] = None
    ) -> Response:
        _check_charging(body.server.extendparam, {0, None})
        return _create(world, tokens, body, caller, x_client_token)

    @app.post("/v1.1/{project_id}/cloudservers", responses=RESPONSES)
    async def create_servers(
        body: CreateServersBody, caller: ProjectCaller, x_client_token: Annotated[str | None, Header()] = None
    ) -> Response:
        _check_charging(body.server.extendparam, {"postPaid", None})
        return _create(world, tokens, body, caller, x_client_token)


def _check_charging(extendparam: ExtendParam | None, allowed: set[int | str | None]) -> None:
    if extendparam is not None and extendparam.chargingMode not in allowed:
        # The lab has no orders, so yearly/monthly servers are refused.
        raise Refused("Ecs.0005", "chargingMode is invalid, or not offered by the lab.")


def _create(
    world: World, tokens: ClientTokens, body: CreateServersBody, caller: Caller, client_token: str | None
) -> JSONResponse:
    request = body.model_dump(mode="json")
    if client_token is not None:
        earlier = tokens.response_to(client_token, caller.project_id, request)
        if earlier is not None:
            return as_json(earlier)
    order = _order(body.server, caller)
    if body.dry_run:
        check_order(world, order)
        return as_json({}, 202)  # Not documented: the body; the status 202 is
    try:
        job, server_ids = create(world, order)
    except Refused as refused:
        if client_token is not None:
            tokens.remember_refusal(client_token, caller.project_id, request, refused)
        raise
    created = {"job_id": job.id, "serverIds": server_ids}
    if client_token is not None:
        tokens.remember(client_token, caller.project_id, request, created)
    return as_json(created)


def _order(body: ServerBody, caller: Caller) -> ServerOrder:
    extend = body.extendparam or ExtendParam()
    return ServerOrder(
        project_id=caller.project_id,
        user_id=caller.user.id,
        name=body.name,
        image_id=body.imageRef,
        flavor_id=body.flavorRef,
        vpc_id=body.vpcid,
        nics=tuple(NicOrder(n.subnet_id, n.ip_address or None) for n in body.nics),
        root=_disk(body.root_volume),
        data=tuple(_disk(v) for v in body.data_volumes or ()),
        security_group_ids=tuple(g.id for g in body.security_groups or ()),
        availability_zone=body.availability_zone or "",
        count=body.count,
        admin_pass=body.adminPass,
        key_name=body.key_name,
        user_data=body.user_data,
        metadata=body.metadata or {},
        tags=_tags(body),
        description=body.description or "",
        disk_prior=extend.diskPrior,
        enterprise_project_id=extend.enterprise_project_id or "0",
        scheduler_hints=_hints(body.scheduler_hints),
        auto_terminate_time=body.auto_terminate_time or "",
        public_ip=_public_ip(body, caller.project_id),
        public_ip_goes=body.publicip is not None and body.publicip.delete_on_termination,
    )


def _public_ip(body: ServerBody, project_id: str) -> AddressOrder | str | None:
    given = body.publicip
    if given is None or given.id is not None or given.eip is None:
        return given.id if given else None
    bandwidth = given.eip.bandwidth
    if bandwidth.sharetype != "PER" or bandwidth.size is None:
        # The lab has no shared bandwidths; the size is documented as required for bandwidths of one address.
        raise Refused("Ecs.0045", "sharetype must be PER, with a size.")
    return AddressOrder(
        project_id=project_id,
        type=given.eip.iptype,
        bandwidth_mbit=bandwidth.size,
        charge_mode=bandwidth.chargemode or "bandwidth",
        enterprise_project_id=(body.extendparam and body.extendparam.enterprise_project_id) or "0",
    )


def _disk(body: VolumeBody) -> DiskOrder:
    return DiskOrder(
        volume_type=body.volumetype,
        size_gib=body.size,
        passthrough=body.passthrough,
        multiattach=body.multiattach or str(body.shareable).lower() == "true",
        delete_on_termination=body.delete_on_termination,
        data_image_id=body.data_image_id,
        metadata=body.metadata or {},
        iops=body.iops,
        throughput=body.throughput,
    )


def _tags(body: ServerBody) -> tuple[tuple[str, str], ...]:
    """Return tags given in both forms: `key.value` texts, and pairs."""
    old = [text.partition(".") for text in body.tags or ()]
    return (*((key, value) for key, _, value in old), *((t.key, t.value) for t in body.server_tags or ()))


def _hints(body: HintsBody | None) -> dict[str, list[str]]:
    given = body.model_dump(exclude_none=True) if body else {}
    return {key: [value] for key, value in given.items()}
