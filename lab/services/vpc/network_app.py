"""The network service's application: VPCs and subnets, ports, elastic IPs, look-ups of security groups."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from lab.services.error_shapes import Shape, flat_error, neutron_error
from lab.services.service_app import first_problem, service_app
from lab.services.vpc import (
    network_tag_routes,
    port_routes,
    public_address_routes,
    security_group_routes,
    subnet_routes,
    vpc_routes,
)
from lab.world.refusal import Refused
from lab.world.state import World


def create_app(world: World) -> FastAPI:
    """Return the VPC application."""
    app = service_app("VPC", world, _shape_of, _explain)
    for part in (
        vpc_routes,
        subnet_routes,
        security_group_routes,
        network_tag_routes,
        port_routes,
        public_address_routes,
    ):
        part.add_routes(app, world)
    return app


def _shape_of(path: str) -> Shape:
    return neutron_error if path.startswith(port_routes.NATIVE_PATH) else flat_error


def _explain(error: RequestValidationError) -> Refused:
    place, problem = first_problem(error)
    return Refused("VPC.0002", f"The request is invalid: {place}: {problem}")
