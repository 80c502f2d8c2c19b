"""Routes for the versions of the services' interfaces, which other clients read to find the address of each."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from lab.services.service_app import Part, as_json

MEDIA_TYPE = "application/vnd.openstack.identity-v3+json"


class KeystoneVersions(Part):
    versions: dict[str, list[dict[str, Any]]]


class KeystoneVersion(Part):
    version: dict[str, Any]


class VersionList(Part):
    versions: list[dict[str, Any]]


def add_keystone_versions(app: FastAPI, errors: dict[int | str, dict[str, Any]]) -> None:
    """Add IAM's two routes; they need no sign-in, and the list has the documented status 300."""

    @app.get("/", status_code=300, responses={300: {"model": KeystoneVersions}, **errors})
    async def keystone_list_versions(request: Request) -> JSONResponse:
        return as_json({"versions": {"values": [_keystone(request)]}}, 300)

    @app.get("/v3", responses={200: {"model": KeystoneVersion}, **errors})
    async def keystone_show_version(request: Request) -> JSONResponse:
        return as_json({"version": _keystone(request)})


def _keystone(request: Request) -> dict[str, Any]:
    return {
        "id": "v3.6",
        "status": "stable",
        "updated": "2016-04-04T00:00:00Z",
        "media-types": [{"base": "application/json", "type": MEDIA_TYPE}],
        "links": [{"rel": "self", "href": f"{request.app.state.endpoints['iam']}/v3/"}],
    }


def add_image_versions(app: FastAPI, errors: dict[int | str, dict[str, Any]]) -> None:
    """
    Add the image service's list of versions.

    Not documented: the status of the list, and of Glance's versions those that the cloud names.
    """

    @app.get("/", responses={200: {"model": VersionList}, **errors})
    async def list_image_versions(request: Request) -> JSONResponse:
        link = {"rel": "self", "href": f"{request.app.state.endpoints['ims']}/v2/"}
        return as_json({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]})


def add_server_versions(app: FastAPI, errors: dict[int | str, dict[str, Any]]) -> None:
    """Add the server service's versions of the native interface, of which the lab has one."""

    @app.get("/", responses={200: {"model": VersionList}, **errors})
    async def nova_list_versions(request: Request) -> JSONResponse:
        return as_json({"versions": [_nova(request)]})

    @app.get("/v2.1", responses={200: {"model": KeystoneVersion}, **errors})
    @app.get("/v2.1/", responses={200: {"model": KeystoneVersion}, **errors}, include_in_schema=False)
    async def nova_show_version(request: Request) -> JSONResponse:
        media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}
        return as_json({"version": {**_nova(request), "media-types": [media]}})


def _nova(request: Request) -> dict[str, Any]:
    # Not documented: the highest microversion; without one, clients use the fields of the first version.
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "updated": "2013-07-23T11:33:21Z",
        "version": "2.1",
        "min_version": "2.1",
        "links": [{"rel": "self", "href": f"{request.app.state.endpoints['ecs']}/v2.1/"}],
    }
