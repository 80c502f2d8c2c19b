"""Public images of the lab, which are records only: their disks are blank."""

from lab.world.ids import fixed_hex, fixed_uuid
from lab.world.images.os_version_list import OS_VERSIONS
from lab.world.records import Image
from lab.world.state import World

PUBLIC = (
    ("Debian 10.0.0 64bit", "Debian GNU/Linux 10.0.0 64bit", "x86"),
    ("Ubuntu 22.04 server 64bit", "Ubuntu 22.04 server 64bit", "x86"),
    ("Ubuntu 22.04 server 64bit with ARM", "Ubuntu 22.04 server 64bit", "arm"),
)


def add_public_images(world: World) -> None:
    """Add the public images to a new lab."""
    now = world.now()
    for name, os_version, architecture in PUBLIC:
        image_id = fixed_uuid(f"public image {name}")
        if world.images.get(image_id) is not None:
            continue
        version, is_arm = OS_VERSIONS[os_version], architecture == "arm"
        world.images.save(
            Image(
                id=image_id,
                project_id=fixed_hex("project of the cloud itself"),
                name=name,
                status="active",
                virtual_env_type="FusionCompute",
                imagetype="gold",
                min_disk=40,
                os_type=version.os_type,
                os_version=version.version,
                os_bit=str(version.bit),
                platform=version.platform,
                architecture="arm" if is_arm else "x86",
                hw_firmware_type="uefi" if is_arm else "bios",
                protected=True,
                created_at=now,
                updated_at=now,
                active_at=now,
                visible_at=now,
                tags_visible_at=now,
            )
        )
