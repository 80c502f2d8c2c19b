"""Routes for key pairs."""

from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, Response

from lab.services.ecs.native.native_responses import (
    NATIVE_ERRORS,
    CreateKeyPairBody,
    KeyPairResponse,
    KeyPairsResponse,
)
from lab.services.ecs.server_project import ProjectCaller
from lab.services.service_app import as_json, microseconds
from lab.world.keys.key_pairs import delete_key_pair, generate_key_pair, import_key_pair, own_key_pair
from lab.world.records import KeyPair
from lab.world.refusal import Refused
from lab.world.state import World

PATH = "/v2.1/{project_id}/os-keypairs"


def add_routes(app: FastAPI, world: World) -> None:
    @app.get(PATH, responses={200: {"model": KeyPairsResponse}, **NATIVE_ERRORS})
    async def nova_list_keypairs(
        caller: ProjectCaller, limit: Annotated[int | None, Query(ge=0)] = None, marker: str | None = None
    ) -> JSONResponse:
        pairs = sorted(world.key_pairs, key=lambda pair: pair.id)
        if marker is not None:
            if world.key_pairs.get(marker) is None:
                # Not documented: the response to an unknown marker.
                raise Refused("", "The marker is invalid.", status=400)
            pairs = [pair for pair in pairs if pair.id > marker]
        return as_json({"keypairs": [{"keypair": _show(pair)} for pair in pairs[:limit]]})

    @app.post(PATH, responses={200: {"model": KeyPairResponse}, **NATIVE_ERRORS})
    async def nova_create_keypair(body: CreateKeyPairBody, caller: ProjectCaller) -> JSONResponse:
        given = body.keypair
        kind = given.type or "ssh"
        if given.public_key is not None:
            pair, private = import_key_pair(world, given.name, given.public_key, kind), {}
        else:
            pair, text = await generate_key_pair(world, given.name, kind)
            private = {"private_key": text}
        return as_json({"keypair": {**_show(pair), "user_id": pair.user_id, **private}})

    path = f"{PATH}/{{keypair_name}}"

    @app.get(path, responses={200: {"model": KeyPairResponse}, **NATIVE_ERRORS})
    async def nova_show_keypair(keypair_name: str, caller: ProjectCaller) -> JSONResponse:
        pair = own_key_pair(world, keypair_name)
        times = {"created_at": microseconds(pair.created_at), "updated_at": None, "deleted_at": None}
        detail = {"id": pair.number, "user_id": pair.user_id, "deleted": False, **times}
        return as_json({"keypair": {**_show(pair), **detail}})

    @app.delete(
        path, status_code=202, response_class=Response, responses={202: {"description": "done"}, **NATIVE_ERRORS}
    )
    async def nova_delete_keypair(keypair_name: str, caller: ProjectCaller) -> Response:
        delete_key_pair(world, keypair_name)
        return Response(status_code=202)


def _show(pair: KeyPair) -> dict[str, Any]:
    return {"name": pair.id, "fingerprint": pair.fingerprint, "public_key": pair.public_key, "type": pair.type}
