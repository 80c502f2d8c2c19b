"""Check that the project in the path of the disk service is the caller's."""

from typing import Annotated

from fastapi import Depends, Request

from lab.services.service_app import the_caller
from lab.world.identity.iam import Caller
from lab.world.refusal import Refused


def own_project(request: Request, project_id: str) -> Caller:
    """
    Return the caller, if the project in the path is the one of the sign-in.

    Raises:
        Refused: EVS.0001 otherwise.
    """
    caller = the_caller(request)
    if project_id != caller.project_id:
        raise Refused("EVS.0001", "The project id differs from the token's.")
    return caller


ProjectCaller = Annotated[Caller, Depends(own_project)]
