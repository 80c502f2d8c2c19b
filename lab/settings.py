"""Settings of the lab, which a user may change at start and while it runs."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lab.start_options import DriverName
from lab.variants.variant_catalog import Variants

Seconds = float


class Durations(BaseModel):
    """
    Least duration of asynchronous work, in lab seconds, by kind of job.

    With the simulated driver a job takes just that. With virtual machines the work itself takes additional time.
    """

    model_config = ConfigDict(extra="forbid")
    import_image: Seconds = Field(60, ge=0)
    capture_image: Seconds = Field(120, ge=0)
    copy_image: Seconds = Field(60, ge=0)
    export_image: Seconds = Field(60, ge=0)
    share_image: Seconds = Field(5, ge=0)
    delete_image: Seconds = Field(3, ge=0)
    create_server: Seconds = Field(40, ge=0)
    delete_server: Seconds = Field(25, ge=0)
    start_server: Seconds = Field(15, ge=0)
    stop_server: Seconds = Field(15, ge=0)
    reboot_server: Seconds = Field(20, ge=0)
    create_volume: Seconds = Field(20, ge=0)
    delete_volume: Seconds = Field(10, ge=0)
    extend_volume: Seconds = Field(10, ge=0)
    attach_volume: Seconds = Field(10, ge=0)
    detach_volume: Seconds = Field(10, ge=0)


class Quotas(BaseModel):
    """Limits of one project."""

    model_config = ConfigDict(extra="forbid")
    images: int = Field(50, ge=0)
    image_tasks: int = Field(40, ge=0, description="concurrent image creations; more: IMG.0060")
    servers: int = Field(100, ge=0)
    cores: int = Field(800, ge=0)
    ram_mib: int = Field(1_638_400, ge=0)
    volumes: int = Field(400, ge=0)
    gigabytes: int = Field(40_960, ge=0)
    vpcs: int = Field(100, ge=0)
    subnets: int = Field(1000, ge=0)
    public_ips: int = Field(100, ge=0)
    key_pairs: int = Field(100, ge=0, description="key pairs of one user")


DiscBus = Literal["ide", "sata", "scsi"]


class Hardware(BaseModel):
    """Hardware of virtual machines, which a machine gets when it is started."""

    model_config = ConfigDict(extra="forbid")
    disc_bus: DiscBus = Field("ide", description="bus of the drive that holds the ISO file; scsi: virtio-scsi")
    ram_limit_mib: int = Field(0, ge=0, description="most memory of a guest, MiB; 0: as much as the flavor says")


class Guest(BaseModel):
    """Behaviour of the guest of a simulated machine."""

    model_config = ConfigDict(extra="forbid")
    install_s: Seconds = Field(300, ge=0, description="an installer's work, lab seconds")
    installs_on: Literal["data_disk", "system_disk", "nothing"] = Field(
        "data_disk", description="disk that the installer has written when it is done"
    )
    powers_off: bool = Field(True, description="power off when the installer is done; otherwise the guest stays on")
    reacts_to_power_button: bool = True
    says: list[str] = Field(
        default=["cloud-init finished", "login:"],
        description="lines on the console of a machine that boots an installed disk, after the line `booting: `",
    )
    installer_says: list[str] = Field(
        default=[], description="lines on the console of a machine whose installer is done, before it powers off"
    )
    reboots: int = Field(
        0, ge=-1, description="times that the installer reboots the machine when it is done; -1: always, it never ends"
    )


class Throttle(BaseModel):
    """Limit that the gateway enforces on each service; off while ``limit`` is 0."""

    model_config = ConfigDict(extra="forbid")
    limit: int = Field(0, ge=0, description="requests of one user in a period")
    period_s: Seconds = Field(1, gt=0, description="real seconds")
    retry_after: bool = Field(False, description="send Retry-After; not documented for the gateway")


class Settings(BaseModel):
    """All settings that can be changed while the lab runs (``PUT {control}/settings``)."""

    model_config = ConfigDict(extra="forbid")
    durations: Durations = Field(default_factory=Durations)
    quotas: Quotas = Field(default_factory=Quotas)
    guest: Guest = Field(default_factory=Guest)
    hardware: Hardware = Field(default_factory=Hardware)
    throttle: Throttle = Field(default_factory=Throttle)
    variants: Variants = Field(default_factory=Variants)
    sold_out_flavors: list[str] = Field(default=[], description="sold out in every zone, beside those that always are")
    token_lifetime_s: int = Field(86_400, ge=1, description="real seconds; the documented value is 24 hours")
    list_lag_s: Seconds = Field(0, ge=0, description="before a new resource, or its tags, show in lists; lab seconds")
    job_lifetime_s: Seconds = Field(86_400, ge=0, description="a finished job vanishes after that; lab seconds")
    power_off_notice_s: Seconds = Field(5, ge=0, description="before a guest's own power-off shows; lab seconds")
    server_outlives_s: Seconds = Field(30, ge=0, description="its delete job, where that variant is on; lab seconds")
    deleted_server_shows_s: Seconds = Field(5, ge=0, description="status DELETED before 404; lab seconds")


class SettingsError(ValueError):
    """Refusal of a change that names an unknown setting, or a value that does not fit."""


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """
    Return settings with some of them replaced; ``changes`` is nested like the settings.

    Raises:
        SettingsError: The changes do not fit; the message names all problems on one line.
    """
    try:
        return Settings.model_validate(_merged(settings.model_dump(), changes))
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors()]
        raise SettingsError("; ".join(problems)) from error


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    result = dict(old)
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result


def defaults_for(driver: DriverName) -> Settings:
    """Return the settings of a new state folder; with real machines the work itself takes the time."""
    if driver == "simulated":
        return Settings()
    quick = dict.fromkeys(Durations.model_fields, 1.0)
    return Settings(durations=Durations(**quick), power_off_notice_s=1, deleted_server_shows_s=1)
