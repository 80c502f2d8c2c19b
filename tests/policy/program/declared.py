"""Resources with the type tokens of this project and no effect: rules evaluate their inputs only."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Passive(ResourceProvider):
    """Provider that keeps its inputs."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        made = {"made_image": "an-image", "made_server": "a-server", "made_disk": "a-disk"}
        return CreateResult("an-id", {**props, **made})


def _made(args: dict[str, Any]) -> dict[str, Any]:
    return {**args, **dict.fromkeys(("made_image", "made_server", "made_disk"))}


class IsoImage(Resource, module="huaweicloud", name="IsoImage"):
    """ISO image."""

    made_image: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class TempServer(Resource, module="huaweicloud", name="TempServer"):
    """Temporary server."""

    made_server: pulumi.Output[str]
    made_disk: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class OsInstallation(Resource, module="huaweicloud", name="OsInstallation"):
    """Installation."""

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class CapturedImage(Resource, module="huaweicloud", name="CapturedImage"):
    """Image."""

    made_image: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class TempServerTeardown(Resource, module="huaweicloud", name="TempServerTeardown"):
    """Teardown."""

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)
