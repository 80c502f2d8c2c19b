"""Check that the project in the path of the disk service is the caller's."""

from typing import Annotated

from fastapi import Depends

from lab.services.service_app import own_project
from lab.world.identity.iam import Caller

ProjectCaller = Annotated[Caller, Depends(own_project("EVS.0001", "The project id differs from the token's."))]
