"""Variants of the server and disk services: undocumented behaviour of servers and of their disks."""

from typing import Literal

from pydantic import BaseModel

from lab.variants.variant_field import variant


class ServerVariants(BaseModel):
    """Servers and disks, a field per open question."""

    server_during_create: Literal["build", "not_found"] = variant(
        "build",
        "GET of a server while its create job runs: status BUILD, or 404",
        "ECS create: an id 'may' answer 404 while the server is being created",
    )
    volumes_attached_during_build: Literal["complete", "empty", "partial"] = variant(
        "complete",
        "os-extended-volumes:volumes_attached while the status is BUILD",
        "ECS show server: nothing about the list before the job's end",
    )
    data_disk_boot_index: Literal["1", "-1", "null"] = variant(
        "1", "bootIndex of a data disk", "ECS show server: 'non-zero'; SDK: '-1'; live traffic: null"
    )
    system_disk_listed: Literal["first", "last"] = variant(
        "first",
        "place of the system disk in volumes_attached and in the block devices",
        "ECS show server: the order of the list is not documented",
    )
    data_disk_name: Literal["from_server", "unrelated"] = variant(
        "from_server", "name of a data disk that is created with a server", "ECS create: not stated"
    )
    data_disk_bootable: Literal["false", "true"] = variant(
        "false",
        "bootable of a data disk with an installed operating system",
        "EVS show volume: nothing sets it in the documents",
    )
    guest_power_off: Literal["shutoff", "shutoff_late", "active"] = variant(
        "shutoff",
        "state after a guest's own power-off: SHUTOFF, SHUTOFF a minute (lab time) later, or ACTIVE with power_state 4",
        "ECS server states: SHUTOFF is 'stopped normally'; nothing about a guest's own power-off",
    )
    deleted_server: Literal["deleted_then_404", "404", "deleted_long"] = variant(
        "deleted_then_404",
        "GET after a delete job: status DELETED for a while and then 404, 404 at once, or DELETED for ten minutes",
        "ECS show server: how long DELETED is returned is not stated",
    )
    server_outlives_delete_job: Literal["no", "yes"] = variant(
        "no",
        "a server that still shows for a while after its delete job's SUCCESS",
        "ECS delete: not stated; other clients poll until 404",
    )
    disks_outlive_delete_job: Literal["no", "yes"] = variant(
        "no",
        "disks deleted with a server that still show for a while, as deleting, after its delete job's SUCCESS",
        "ECS delete: not stated",
    )
    delete_missing_server: Literal["404_0114", "404_0614", "job_fails"] = variant(
        "404_0114", "response to the deletion of an unknown server", "ECS delete: status and body not documented"
    )
    show_missing_server: Literal["0114", "0614"] = variant(
        "0114", "404 code of GET of an unknown server", "ECS error codes: two codes have status 404"
    )
    delete_volume_default: Literal["own_flag", "kept"] = variant(
        "own_flag",
        "data disks with delete_on_termination=true when a server is deleted without delete_volume",
        "ECS delete: the combination is not documented",
    )
    delete_during_capture: Literal["refused", "capture_fails"] = variant(
        "refused",
        "deletion of a server whose disk is being captured: Ecs.0100, or the capture's job fails",
        "ECS delete: not stated",
    )
    volume_during_capture: Literal["uploading", "in-use"] = variant(
        "uploading", "status of a volume while an image is created from it", "EVS states name uploading; no flow shown"
    )
    power_action_in_place: Literal["accepted", "refused", "job_fails"] = variant(
        "accepted",
        "start of a running server, or stop of a stopped one",
        "ECS start/stop: nothing about a server that is already in that state",
    )
    console_of_stopped_server: Literal["refused", "url"] = variant(
        "refused", "remote console of a server that does not run", "ECS remote console: not stated"
    )
    iso_needs_metadata: Literal["no", "yes"] = variant(
        "no",
        "requirement of metadata.virtual_env_type=IsoImage and extendparam.diskPrior for a server from an ISO image",
        "required by the ISO guide alone; the ECS pages list neither",
    )
    environment_repeated: Literal["refused", "accepted"] = variant(
        "refused",
        "metadata.virtual_env_type that is set after creation to the value that the server has (refused: Ecs.0005)",
        "ECS metadata: users may not add, change or delete it; nothing about a value that stays the same",
    )
    iso_flavors: Literal["guide", "any"] = variant(
        "guide",
        "flavors for a server from an ISO image: those of the guide, or any of the architecture",
        "only the ISO guide has a rule",
    )
    client_token_status: Literal["400", "409"] = variant(
        "400", "HTTP status of Ecs.0122, Ecs.0123 and Ecs.0124", "ECS idempotency: codes without status"
    )
    refused_client_token: Literal["free", "spent"] = variant(
        "free",
        "an X-Client-Token whose first request was refused: usable again, or refused in the same way",
        "ECS idempotency: repeating after 4xx 'does not succeed'; the need for a fresh token is not stated",
    )
    flow_limit_under_202: Literal["no", "yes"] = variant(
        "no",
        "every fifth server create, delete or power action that is first answered 202 with Common.0024",
        "ECS error codes: Common.0024 has status 202",
    )
    server_tag_status: Literal["204", "200"] = variant(
        "204", "status of the response to a change of a server's tags", "ECS tags: no example; clients accept both"
    )
    auto_terminate_status: Literal["200", "204"] = variant(
        "200",
        "status of the response to a change of the time of automatic deletion",
        "ECS update-auto-terminate-time: no body and no status; Terraform's provider accepts 204 alone",
    )
    server_error_shape: Literal["usual", "swapped"] = variant(
        "usual",
        "error bodies of the server service: code and message, or swapped as in one example",
        "ECS create: an example has them swapped",
    )
    healthy_fault: Literal["null", "absent"] = variant(
        "null", "fault of a healthy server", "ECS show server: null in an example of lists, absent in the details"
    )
