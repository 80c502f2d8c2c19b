"""Settings that a policy rule refuses."""

from tests.e2e.faults.faulty import Faulty, disk

AGAINST_THE_RULES = [
    Faulty(
        "flavor that is not allowed",
        ("server-flavor-allowed", "'s6.large.2'", "choose an allowed flavor"),
        rules={"server-flavor-allowed": {"allowed": ["s7.large.2"]}},
    ),
    Faulty(
        "less memory than is asked for",
        ("server-flavor-memory", "4096 MiB", "choose another flavor"),
        rules={"server-flavor-memory": {"min_ram_mib": 8192}},
    ),
    Faulty(
        "system disk above the limit",
        ("server-system-disk-size", "root_volume.size is 30 GiB", "1 to 20", "set root_volume.size"),
        {"root_volume": disk(30)},
        rules={"server-system-disk-size": {"max_gib": 20}},
    ),
    Faulty(
        "data disk above the limit",
        ("server-data-disk-size", "data_volumes[0].size is 200 GiB", "10 to 100", "set data_volumes[0].size"),
        {"data_volumes": [disk(200)]},
        rules={"server-data-disk-size": {"max_gib": 100}},
    ),
    Faulty(
        "disk type that is not allowed",
        ("server-volume-types", "root_volume.volumetype", "choose another volumetype"),
        rules={"server-volume-types": {"allowed": ["SAS"]}},
    ),
    Faulty(
        "no security group",
        ("server-security-groups", "security_group_ids is empty", "correct security_group_ids"),
        rules={"server-security-groups": {"required": True}},
    ),
    Faulty(
        "installation that takes too long",
        ("installation-time", "timeout_minutes is 1440", "lower installation.timeout_minutes"),
        {"installation": {"timeout_minutes": 1440}},
    ),
    Faulty(
        "min_disk below the organisation's",
        ("iso-min-disk", "min_disk is 10 GiB", "set min_disk"),
        rules={"iso-min-disk": {"min_gib": 40}},
    ),
    Faulty(
        "ISO file above the limit",
        ("iso-size", "lab-images:installer.iso", "use a smaller file"),
        rules={"iso-size": {"max_gib": 0.00001}},
    ),
    Faulty(
        "min_ram above the limit",
        ("image-min-ram", "min_ram is 65536 MiB", "lower min_ram"),
        {"min_ram": 65536},
        rules={"image-min-ram": {"max_mib": 8192}},
    ),
    Faulty(
        "tag that is missing",
        ("required-tags", "tag 'owner' is missing", "add the tag"),
        rules={"required-tags": {"tags": {"owner": ""}}},
    ),
    Faulty(
        "tag of another value",
        ("required-tags", "'cost-center' is '1'", "'42'", "correct its value"),
        {"tags": {"cost-center": "1"}},
        rules={"required-tags": {"tags": {"cost-center": "42"}}},
    ),
    Faulty(
        "other enterprise project",
        ("enterprise-project", "enterprise_project_id is None", "set enterprise_project_id"),
        rules={"enterprise-project": {"allowed": ["ep-1"]}},
    ),
    Faulty(
        "more servers than are allowed",
        ("stack-server-quota", "2 temporary servers", "lower servers_at_once"),
        more=({"name": "other", "image_name": "other"},),
        rules={"stack-server-quota": {"max_servers": 1}},
    ),
    Faulty(
        "two images of one name",
        ("stack-image-names", "'debian-golden'", "an image_name of its own"),
        more=({"name": "other"},),
        rules={"stack-image-names": "mandatory"},
    ),
    Faulty(
        "cost per hour above the limit",
        ("stack-hourly-cost", "0.52 EUR per hour", "raise max_per_hour"),
        rules={
            "stack-hourly-cost": {
                "enforcementLevel": "mandatory",
                "max_per_hour": 0.5,
                "prices": {"currency": "EUR", "flavors": {"s6.large.2": 0.5}, "volumes": {"SSD": 0.001}},
            }
        },
    ),
]
