"""Boot of an image on the user's behalf, outside of the cloud's interfaces."""

from lab.world.identity.accounts import PROJECT, USER
from lab.world.refusal import Refused
from lab.world.servers.server_creation import create_servers
from lab.world.servers.server_orders import DiskOrder, NicOrder, ServerOrder
from lab.world.state import World

BOOT_NAME = "lab-boot"


def start_server(world: World, image_id: str) -> str:
    """
    Start a server from a system image.

    Returns:
        Id of the server.

    Raises:
        Refused: There is no such image, or it does not boot by itself.
    """
    image = world.images.get(image_id)
    if image is None or image.is_iso:
        raise Refused("Ecs.0031", "The image does not exist, or it is an ISO image.")
    subnet = world.network.subnets_of(image.project_id if image.imagetype == "private" else PROJECT.id)[0]
    order = ServerOrder(
        project_id=subnet.project_id,
        user_id=USER.id,
        name=BOOT_NAME,
        image_id=image.id,
        flavor_id="kc1.large.2" if image.architecture == "arm" else "s6.large.2",
        vpc_id=subnet.vpc_id,
        nics=(NicOrder(subnet.id),),
        root=DiskOrder("SAS"),
    )
    _, server_ids = create_servers(world, order)
    return server_ids[0]
