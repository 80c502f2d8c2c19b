"""Check that the project in the path of the server service is the caller's."""

from typing import Annotated

from fastapi import Depends

from lab.services.service_app import own_project
from lab.world.identity.iam import Caller

MESSAGE = "The project id in the token differs from the one in the URL."
ProjectCaller = Annotated[Caller, Depends(own_project("Ecs.0023", MESSAGE))]
