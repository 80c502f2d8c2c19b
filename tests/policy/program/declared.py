"""Resources with the type tokens of this project that do nothing: what is evaluated are their inputs."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Passive(ResourceProvider):
    """Keeps its inputs."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        made = {"made_image": "an-image", "made_server": "a-server", "made_disk": "a-disk"}
        return CreateResult("an-id", {**props, **made})


def _made(args: dict[str, Any]) -> dict[str, Any]:
    return {**args, **dict.fromkeys(("made_image", "made_server", "made_disk"))}


class IsoImage(Resource, module="huaweicloud", name="IsoImage"):
    """An ISO image."""

    made_image: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class TempServer(Resource, module="huaweicloud", name="TempServer"):
    """A temporary server."""

    made_server: pulumi.Output[str]
    made_disk: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class OsInstallation(Resource, module="huaweicloud", name="OsInstallation"):
    """An installation."""

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class CapturedImage(Resource, module="huaweicloud", name="CapturedImage"):
    """An image."""

    made_image: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)


class TempServerTeardown(Resource, module="huaweicloud", name="TempServerTeardown"):
    """A teardown."""

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(Passive(), name, _made(args), opts)
