"""Checks of the server service when servers are created."""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta

from lab.world.identity.accounts import ZONES
from lab.world.images.image_validation import readable_image
from lab.world.network.networks import Subnet
from lab.world.network.public_addresses import check_address_order, check_binding
from lab.world.records import Image
from lab.world.refusal import Refused
from lab.world.servers.flavors import FLAVORS, Flavor, offered
from lab.world.servers.server_orders import DiskOrder, ServerOrder
from lab.world.state import World
from lab.world.volumes.volume_operations import check_volume_quota
from lab.world.volumes.volume_orders import VOLUME_TYPES

TERMINATE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
MAX_DATA_DISKS = 59
MAX_NICS = 12
MAX_TAGS = 10
_NAME = re.compile(r"[A-Za-z0-9_.\-\u4e00-\u9fff]+")
_METADATA_KEY = re.compile(r"[A-Za-z0-9\-_:. ]{1,255}")
_TAG_FORBIDDEN = re.compile(r"[\x00-\x1f=*<>\\,|]")


def check_order(world: World, order: ServerOrder) -> tuple[Image, Flavor]:
    """
    Check everything about a request for servers, in the order in which causes are distinguished.

    Returns:
        Image and flavor that it names.
    """
    check_name(order)
    image = _image(world, order)
    flavor = check_flavor(world, order.flavor_id, order.availability_zone)
    check_flavor_fits(world, image, flavor)
    _check_network(world, order)
    _check_disks(world, order, image)
    _check_login(world, order)
    _check_public_ip(world, order)
    _check_texts(order)
    check_tags(dict(_unique(order.tags)))
    check_auto_terminate(world, order.auto_terminate_time)
    _check_quotas(world, order, flavor, image)
    return image, flavor


def check_name(order: ServerOrder) -> None:
    """Check a name: 1 to 128 ASCII or 1 to 64 Chinese characters, 59 if a number is added."""
    most = 59 if order.count > 1 else (128 if order.name.isascii() else 64)
    if not order.name or not _NAME.fullmatch(order.name):
        raise Refused("Ecs.0915", "The server name contains invalid characters or is empty.")
    if len(order.name) > most:
        raise Refused("Ecs.0914", f"The server name is longer than {most} characters.")


def _image(world: World, order: ServerOrder) -> Image:
    image = readable_image(world, order.project_id, order.image_id)
    if image is None:
        raise Refused("Ecs.0031", "The image does not exist.")
    if image.status != "active":
        raise Refused("Ecs.0032", "The image is not active.")
    if image.virtual_env_type in ("Ironic", "DataImage"):
        raise Refused("Ecs.0007", "The image cannot be used for a server.")
    return image


def check_flavor(world: World, flavor_id: str, zone: str) -> Flavor:
    """Return a flavor that can be ordered in a zone, or, without one, in some zone."""
    flavor = offered(world.settings.sold_out_flavors).get(flavor_id)
    if flavor is None:
        raise Refused("Ecs.0029", "The flavor does not exist.")
    if zone and zone not in ZONES:
        # Not documented: the code of an unknown zone.
        raise Refused("Ecs.0005", "The availability zone is invalid.", (("Ecs.0320", "no such zone"),))
    zones = (zone,) if zone else ZONES
    states = {flavor.operation_status(z) for z in zones}
    if states & {"normal", "obt", "promotion"}:
        return flavor
    if states & {"sellout", "obt_sellout"}:
        raise Refused("Ecs.0018", "The flavor is sold out.")
    raise Refused("Ecs.0019", "The flavor has been cancelled.")


def check_flavor_fits(world: World, image: Image, flavor: Flavor) -> None:
    """Check that architecture and memory fit; for ISO images the guide allows few flavors."""
    fits = flavor.is_arm == (image.architecture == "arm") and flavor.ram_mib >= image.min_ram
    if image.max_ram and flavor.ram_mib > image.max_ram:
        fits = False
    if image.is_iso and world.variants.iso_flavors == "guide":
        # Only the guide to ISO images has this rule: general computing, 2 vCPUs, at least 4 GiB, KVM.
        general = flavor.performance == "normal" or flavor.is_arm
        kvm = flavor.environment == "CloudCompute"
        fits = fits and general and kvm and flavor.vcpus == 2 and flavor.ram_mib >= 4096
    if not fits:
        raise Refused("Ecs.0005", "The flavor does not match the image.")


def _check_network(world: World, order: ServerOrder) -> None:
    network, project = world.network, order.project_id
    vpc = network.vpcs.get(order.vpc_id)
    if vpc is None or vpc.project_id != project:
        raise Refused("Ecs.0014", "The VPC does not exist.")
    if not order.nics:
        raise Refused("Ecs.0005", "At least one NIC is needed.")
    if len(order.nics) > MAX_NICS:
        raise Refused("Ecs.0050", f"A server has at most {MAX_NICS} NICs.")
    for nic in order.nics:
        subnet = network.subnets.get(nic.subnet_id)
        if subnet is None or subnet.project_id != project:
            raise Refused("Ecs.0005", "The subnet does not exist.", (("Ecs.0038", "no such subnet"),))
        if subnet.vpc_id != vpc.id:
            raise Refused("Ecs.0064", "The VPC differs from the NIC's.")
        if nic.address:
            _check_address(world, subnet, nic.address)
    for group_id in order.security_group_ids:
        group = network.security_groups.get(group_id)
        if group is None or group.project_id != project:
            raise Refused("Ecs.0014", "The security group does not exist.")


def _check_address(world: World, subnet: Subnet, address: str) -> None:
    try:
        inside = ipaddress.ip_address(address) in ipaddress.ip_network(subnet.cidr)
    except ValueError:
        inside = False
    if not inside:
        message = f"privateIp [{address[:64]}] is not in this subnet [{subnet.id}]"
        raise Refused("Ecs.0005", message, (("Ecs.0039", message),))
    if not world.network.address_is_free(subnet, address):
        raise Refused("Ecs.0010", "The private IP address is in use.")


def _check_disks(world: World, order: ServerOrder, image: Image) -> None:
    if len(order.data) > MAX_DATA_DISKS:
        raise Refused("Ecs.0042", f"A server has at most {MAX_DATA_DISKS} data disks.")
    if image.is_iso and len(order.data) != 1:
        # Only the guide to ISO images requires two disks. Not documented: the code.
        raise Refused("Ecs.0005", "A server from an ISO image needs one system disk and one data disk.")
    if image.is_iso and world.variants.iso_needs_metadata == "yes":
        marked = order.metadata.get("virtual_env_type") == "IsoImage" and order.disk_prior == "true"
        if not marked:
            raise Refused("Ecs.0005", "virtual_env_type and diskPrior are needed for an ISO image.")
    root_size = order.root.size_gib or image.min_disk or 40
    if not 1 <= root_size <= 1024 or root_size < image.min_disk:
        raise Refused("Ecs.0005", "The system disk size is invalid or less than the image's min_disk.")
    check_disk(world, order, order.root)
    for disk in order.data:
        if disk.size_gib is None or not 10 <= disk.size_gib <= 32768:
            raise Refused("Ecs.0005", "The data disk size must be from 10 to 32768 GB.")
        check_disk(world, order, disk)


def check_disk(world: World, order: ServerOrder, disk: DiskOrder) -> None:
    """Check a disk's type and its options."""
    kind = VOLUME_TYPES.get(disk.volume_type)
    if kind is None:
        raise Refused("Ecs.0043", "The disk type does not exist.")
    zones = (order.availability_zone,) if order.availability_zone else ZONES
    if not any(kind.usable_in(zone) for zone in zones):
        raise Refused("Ecs.0044", "The disk type is sold out.")
    if (kind.needs_iops and not disk.iops) or (kind.needs_throughput and not disk.throughput):
        raise Refused("Ecs.0005", "The disk type needs iops or throughput.")
    if disk.data_image_id is not None:
        image = readable_image(world, order.project_id, disk.data_image_id)
        if image is None or image.virtual_env_type != "DataImage":
            raise Refused("Ecs.0031", "The data image does not exist.")


def _check_login(world: World, order: ServerOrder) -> None:
    if order.key_name is not None and world.key_pairs.get(order.key_name) is None:
        raise Refused("Ecs.0314", "The key pair does not exist.")
    if order.admin_pass is not None and not _is_strong(order.admin_pass):
        raise Refused("Ecs.0011", "The password is too weak.")
    if order.user_data:
        check_user_data(order.user_data)


def _check_public_ip(world: World, order: ServerOrder) -> None:
    if order.public_ip is None:
        return
    if order.count > 1:
        raise Refused("Ecs.0005", "A request for several servers cannot have an elastic IP in the lab.")
    if isinstance(order.public_ip, str):
        check_binding(world, order.project_id, order.public_ip)
        return
    try:
        check_address_order(world, order.public_ip)
    except Refused as refused:
        code = "Ecs.0013" if refused.code == "VPC.0521" else "Ecs.0045" if refused.code == "VPC.0301" else "Ecs.0005"
        raise Refused(code, refused.message) from refused


def check_user_data(text: str) -> None:
    """Refuse user data that is not base64 or too large."""
    if len(decode_user_data(text)) > 32 * 1024:
        raise Refused("Ecs.0005", "user_data is larger than 32 KB.")


def decode_user_data(text: str) -> bytes:
    """Return plain user data from its base64 form."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("Ecs.0005", "user_data is not base64.") from None


def _is_strong(password: str) -> bool:
    kinds = [r"[A-Z]", r"[a-z]", r"[0-9]", r"[!@$%^\-_=+\[{}\]:,./?~#*]"]
    used = sum(bool(re.search(kind, password)) for kind in kinds)
    allowed = re.fullmatch(r"[A-Za-z0-9!@$%^\-_=+\[{}\]:,./?~#*]{8,26}", password)
    return bool(allowed) and used >= 3 and password.lower() not in ("root", "toor")


def _check_texts(order: ServerOrder) -> None:
    if len(order.description) > 85 or re.search(r"[<>]", order.description):
        raise Refused("Ecs.0041", "The description is longer than 85 characters or contains < or >.")
    if len(order.metadata) > 10:
        raise Refused("Ecs.0005", "At most 10 metadata pairs are allowed.")
    check_metadata(order.metadata)


def check_metadata(pairs: dict[str, str]) -> None:
    """Check length and characters of metadata."""
    for key, value in pairs.items():
        if not _METADATA_KEY.fullmatch(key) or len(value) > 255:
            raise Refused("Ecs.0005", "A metadata key or value is invalid.")


def _unique(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refused("Ecs.0908", "A tag key occurs twice.")
    return pairs


def check_tags(tags: dict[str, str]) -> None:
    """Check number, length and characters of a server's tags."""
    if len(tags) > MAX_TAGS:
        raise Refused("Ecs.0905", f"A server has at most {MAX_TAGS} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 36 or _TAG_FORBIDDEN.search(key) or "/" in key:
            raise Refused("Ecs.0906", "A tag key is invalid.")
        if len(value) > 43 or _TAG_FORBIDDEN.search(value):
            raise Refused("Ecs.0907", "A tag value is invalid.")


def check_auto_terminate(world: World, text: str) -> None:
    """Refuse a time that is malformed, past, or not from 30 minutes to 3 years ahead; "" is no time."""
    if not text:
        return
    try:
        moment = datetime.strptime(text, TERMINATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("Ecs.0081", "auto_terminate_time is invalid.") from None
    if moment < world.now():
        raise Refused("Ecs.0083", "auto_terminate_time has passed.")
    ahead = moment - world.now()
    if not timedelta(minutes=30) <= ahead <= timedelta(days=3 * 365):
        raise Refused("Ecs.0082", "auto_terminate_time must be from 30 minutes to 3 years ahead.")


def _check_quotas(world: World, order: ServerOrder, flavor: Flavor, image: Image) -> None:
    if not 1 <= order.count <= 500:
        raise Refused("Ecs.0913", "The number of servers is out of range.")
    used = [s for s in world.servers.where("project_id", order.project_id) if s.vm_state != "deleted"]
    quotas = world.settings.quotas
    cores = sum(FLAVORS[s.flavor_id].vcpus for s in used) + order.count * flavor.vcpus
    ram = sum(FLAVORS[s.flavor_id].ram_mib for s in used) + order.count * flavor.ram_mib
    if len(used) + order.count > quotas.servers or cores > quotas.cores or ram > quotas.ram_mib:
        raise Refused("Ecs.0001", "The server quota is used up.")
    sizes = [order.root.size_gib or image.min_disk or 40, *(d.size_gib or 0 for d in order.data)]
    check_volume_quota(
        world,
        order.project_id,
        order.count * len(sizes),
        order.count * sum(sizes),
        ("Ecs.0021", "Ecs.0021"),
    )
