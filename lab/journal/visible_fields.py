"""
Fields of requests and responses whose values the journal may show: documented ones that hold no secret.

Everything else is kept back, so that an unforeseen secret is kept back too. A value is shown if its field and all
fields around it are in these lists. It also must have the form that the list stands for.
"""

import re
from collections.abc import Callable, Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONTAINERS = _names(
    """
    auth identity scope project domain image images image_tag image_tags tag tags tags_any not_tags not_tags_any
    matches data_images members resources resource_detail quotas quota_set server servers nics root_volume
    data_volumes security_groups server_tags sys_tags os-start os-stop reboot volume volumes volumeAttachment
    volumeAttachments attachableQuantity volumes_attached os-extended-volumes:volumes_attached flavor flavors
    entities sub_jobs sub_jobs_result error errors details fault itemNotFound badRequest vpcs vpc subnets subnet
    security_group security_group_rules availabilityZoneInfo zoneState availability_zones volume_types absolute
    version_list ports port fixed_ips allowed_address_pairs interfaceAttachments interfaceAttachment keypairs
    keypair publicips publicip bandwidth eip os-extend cloud_resources sell_policies conflictingRequest
    NeutronError quotas resources links
    """
)
"""Objects, and lists of objects, whose fields are inspected."""

OPEN_CONTAINERS: Mapping[str, frozenset[str]] = {
    "metadata": frozenset(["virtual_env_type"]),
    "extendparam": frozenset(["chargingMode", "diskPrior", "enterprise_project_id"]),
}
"""Objects whose keys may be the caller's own, with those of their keys that are documented and may be shown."""

IDS = _names(
    """
    id ids job_id image_id server_id serverId serverIds volume_id volumeId instance_id project_id
    target_project_id tenant_id domain_id user_id member_id owner vpcid vpc_id subnet_id port_id
    enterprise_project_id imageRef images projects request_id resource_id neutron_network_id neutron_subnet_id
    OS-EXT-IPS:port_id network_id net_id device_id bandwidth_id publicip_id availability_zone_id
    """
)

WORDS = _names(
    """
    methods status vm_state task_state OS-EXT-STS:vm_state OS-EXT-STS:task_state OS-EXT-STS:power_state
    power_state action op type job_type protocol visibility container_format disk_format file_format os_type
    os_bit os_version platform architecture hw_firmware_type virtual_env_type __imagetype __os_type __os_bit
    __os_version __platform __isregistered __image_size __image_source_type volumetype volume_type flavorRef
    flavor_id availability_zone zoneName region OS-EXT-AZ:availability_zone min_disk min_ram max_ram size count
    total_count limit offset used quota vcpus ram disk bootIndex delete_on_termination delete_volume
    delete_publicip dry_run bootable multiattach shareable chargingMode diskPrior device begin_time end_time
    created updated created_at updated_at active_at auto_terminate_time code error_code process_percent
    current_task sub_jobs_total progress locked protected free_scsi free_blk free_disk free_nic is_quick_export
    is_quick_import cidr member_status min max title port_state device_owner new_size iptype sharetype chargemode
    share_type charge_mode bandwidth_size bandwidth_share_type ip_version sell_status sell_mode resource_type
    resource_count free_nic admin_state_up zone_id driver_mode delete_on_termination
    """
)

TEXTS = _names(
    """
    name image_name resource_name description __description key value values path agency_name project_name tag
    tags message error_msg fail_reason errorcode_message reason
    """
)

FILES = frozenset(["image_url", "bucket_url"])

NAMES = _names(
    """
    user_data adminPass key_name token password user assume_role credential access secret securitytoken expires_at
    issued_at roles catalog duration_seconds session_user policy remote_console url output links personality
    addresses public_key private_key fingerprint hostname
    """
)
"""Documented names of fields whose values are kept back."""

QUERY = _names(
    """
    limit offset marker id name status sort_key sort_dir member_status imagetype protected visibility owner image
    container_format disk_format min_ram min_disk platform flavor flavor_id flavor_name image_id server_id tags
    not-tags metadata-key availability_zone availability_zone_eq enterprise_project_id in_recycle_bin
    expect-fields virtual_env_type architecture __imagetype __isregistered __os_bit __os_type __os_version
    __platform __protected __support_kvm __support_xen __owner_id __root_origin __whole_image length vpc_id
    subnet_id domain_id parent_id enabled page per_page nocatalog delimiter prefix max-keys max-uploads key-marker
    upload-id-marker uploadId partNumber part-number-marker max-parts uploads delete location apiversion list-type
    start-after versionId hw_firmware_type tag network_id device_id device_owner mac_address admin_state_up
    security_groups fixed_ips port_id ip_version sell_status sell_mode availability_zone_id
    """
)
"""Parameters of queries."""

HEADERS = _names(
    """
    host content-type content-length accept accept-encoding connection user-agent date x-sdk-date x-project-id
    x-language transfer-encoding
    """
)
"""Headers of requests that hold no secret: their values may stand in messages."""

MAX_TEXT = 512
_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0")
_WORD = re.compile(r"[\w .:+/()-]{0,64}")
_FILE = re.compile(r"[a-z0-9.-]{3,63}:(?!//)[^?@#&=]{1,255}")
RUN = re.compile(r"[A-Za-z0-9_+/=-]+")
_PART = re.compile(r"[A-Za-z0-9]+")
_PLAIN = re.compile(r"[0-9a-f]{1,32}|[0-9]+|[a-z]{1,40}[0-9]*|[A-Z]{1,20}[0-9]*|(?:[A-Z]*[a-z]{2,}){1,8}[0-9]*")
"""Words, numbers, hexadecimal ids, and names in camel case."""
MIN_RANDOM = 8


def is_id(text: str) -> bool:
    """Return True for the form of an id of the cloud."""
    return _ID.fullmatch(text) is not None


def is_word(text: str) -> bool:
    """Return True for the form of a documented value: a state, a size, a time."""
    return _WORD.fullmatch(text) is not None and is_text(text)


def is_text(text: str) -> bool:
    """Return True for text without a run of characters that looks like a key or token."""
    return len(text) <= MAX_TEXT and not any(looks_random(run) for run in RUN.findall(text))


def looks_random(run: str) -> bool:
    """Return True for a run of characters with the mix of small letters, capitals and digits of keys and tokens."""
    odd = (part for part in _PART.findall(run) if not _PLAIN.fullmatch(part))
    return sum(map(len, odd)) >= MIN_RANDOM


def _is_file(text: str) -> bool:
    return _FILE.fullmatch(text) is not None and is_text(text)


_LISTS = ((IDS, is_id), (WORDS, is_word), (TEXTS, is_text), (FILES, _is_file))
FORMS: Mapping[str, tuple[Callable[[str], bool], ...]] = {
    name: tuple(form for names, form in _LISTS if name in names) for name in IDS | WORDS | TEXTS | FILES
}
"""Forms of the values that a field may have to be shown."""
