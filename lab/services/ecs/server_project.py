"""Check that the project in the path of the server service is the caller's."""

from typing import Annotated

from fastapi import Depends, Request

from lab.services.service_app import the_caller
from lab.world.identity.iam import Caller
from lab.world.refusal import Refused


def own_project(request: Request, project_id: str) -> Caller:
    """
    Return the caller, if the project in the path is the one of the sign-in.

    Raises:
        Refused: Ecs.0023 otherwise.
    """
    caller = the_caller(request)
    if project_id != caller.project_id:
        raise Refused("Ecs.0023", "The project id in the token differs from the one in the URL.")
    return caller


ProjectCaller = Annotated[Caller, Depends(own_project)]
