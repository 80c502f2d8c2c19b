"""Named behaviours for what the documentation leaves open: each can be chosen at start and while the lab runs."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


def _open(default: str, changes: str, silent: str) -> Any:
    return Field(default, description=changes, json_schema_extra={"silent": silent})


class Variants(BaseModel):
    """One field a question; the first value is the default, ``silent`` names the passage that does not answer it."""

    model_config = ConfigDict(extra="forbid")

    server_during_create: Literal["build", "not_found"] = _open(
        "build",
        "what GET of a server answers while its create job runs: status BUILD, or 404",
        "ECS create: an id 'may' answer 404 while the server is being created",
    )
    volumes_attached_during_build: Literal["complete", "empty", "partial"] = _open(
        "complete",
        "os-extended-volumes:volumes_attached while the status is BUILD",
        "ECS show server: no statement about the list before the job's end",
    )
    data_disk_boot_index: Literal["1", "-1", "null"] = _open(
        "1",
        "bootIndex of a data disk",
        "ECS show server: 'non-zero'; SDK: '-1'; live traffic: null",
    )
    system_disk_listed: Literal["first", "last"] = _open(
        "first",
        "place of the system disk in volumes_attached and in the block devices",
        "ECS show server: the order of the list is not documented",
    )
    guest_power_off: Literal["shutoff", "shutoff_late", "active"] = _open(
        "shutoff",
        "what a guest's own power-off shows as: SHUTOFF, that a minute (lab time) later, or ACTIVE with power_state 4",
        "ECS server states: SHUTOFF is 'stopped normally'; nothing on a guest's own power-off",
    )
    deleted_server: Literal["deleted_then_404", "404", "deleted_long"] = _open(
        "deleted_then_404",
        "GET after a delete job: status DELETED for a while and then 404, 404 at once, or DELETED for ten minutes",
        "ECS show server: how long DELETED is returned is not stated",
    )
    server_outlives_delete_job: Literal["no", "yes"] = _open(
        "no",
        "whether a server still shows for a while after its delete job's SUCCESS",
        "ECS delete: no statement; clients of others poll until 404",
    )
    delete_missing_server: Literal["404_0114", "404_0614", "job_fails"] = _open(
        "404_0114",
        "the answer to the deletion of an unknown server",
        "ECS delete: status and body not documented",
    )
    show_missing_server: Literal["0114", "0614"] = _open(
        "0114", "which 404 code GET of an unknown server has", "ECS error codes: two codes have status 404"
    )
    power_action_in_place: Literal["accepted", "refused", "job_fails"] = _open(
        "accepted",
        "starting a running or stopping a stopped server",
        "ECS start/stop: no statement about a server that is already there",
    )
    unknown_job: Literal["400", "404"] = _open(
        "400",
        "status for an unknown or expired job",
        "IMS and ECS jobs: no 404 in the lists; the code Common.0011 is documented without its status for IMS",
    )
    failed_job_entities: Literal["kept", "empty"] = _open(
        "kept", "entities of a failed image job", "IMS jobs: no sample of a failed job"
    )
    failed_job_codes: Literal["both", "parent", "sub"] = _open(
        "both",
        "where a failed server job carries its code: parent and sub-job, or only one of them",
        "ECS jobs: no sample of a failed job",
    )
    failed_image: Literal["none", "killed"] = _open(
        "none", "what a failed image creation leaves in the list", "IMS: not stated"
    )
    job_error_fields_running: Literal["absent", "null"] = _open(
        "absent",
        "error_code and fail_reason of a running server job",
        "ECS jobs: null after success; absent in live traffic while running",
    )
    image_id_in_running_job: Literal["early", "end"] = _open(
        "early",
        "when entities.image_id of an image job first appears",
        "IMS jobs: 'when' is not specified",
    )
    iso_job_shape: Literal["direct", "sub_jobs"] = _open(
        "direct",
        "where the image id of an ISO import job stands: in entities, or in sub_jobs_result[0].entities",
        "IMS jobs: no sample for an ISO import; a sub-job type imsImportIsoFileImageJob exists",
    )
    job_time_format: Literal["iso", "2015"] = _open(
        "iso",
        "times of image jobs: 2024-11-06T06:21:08.769Z or 04-Jun-2015 18:11:06:586",
        "IMS jobs: the samples of 2022 and 2024 differ",
    )
    min_disk_bounds: Literal["1-1024", "40-1024", "10-1024"] = _open(
        "1-1024", "accepted min_disk of an image from a file (GiB)", "IMS create: three sources, three ranges"
    )
    equal_image_names: Literal["allowed", "refused"] = _open(
        "allowed", "two images of one name (refused: IMG.0009)", "IMS: the code exists, no rule forbids equal names"
    )
    tags_show: Literal["at_once", "late"] = _open(
        "at_once",
        "tags given at creation: visible at once, or a while after the job's end",
        "ECS create: when server_tags become visible in the list is not stated",
    )
    lists_lag: Literal["no", "yes"] = _open(
        "no", "new images, servers and volumes show late in lists", "IMS, ECS, EVS lists: delay not stated"
    )
    flow_limit_under_202: Literal["no", "yes"] = _open(
        "no",
        "every fifth server create, delete or power action is first answered 202 with Common.0024",
        "ECS error codes: Common.0024 has status 202",
    )
    blank_capture: Literal["accepted", "refused"] = _open(
        "accepted",
        "capturing a volume that was never written (refused: the job fails with IMG.0014)",
        "IMS create from a volume: 'no check' that an operating system exists",
    )
    volume_during_capture: Literal["uploading", "in-use"] = _open(
        "uploading", "status of a volume that is being made into an image", "EVS states name uploading; no flow shown"
    )
    delete_during_capture: Literal["refused", "capture_fails"] = _open(
        "refused",
        "deleting a server whose disk is being captured: Ecs.0100, or the capture's job fails",
        "ECS delete: no statement",
    )
    iso_needs_metadata: Literal["no", "yes"] = _open(
        "no",
        "whether a server from an ISO image needs metadata.virtual_env_type=IsoImage and extendparam.diskPrior",
        "only the ISO guide says so; the ECS pages list neither",
    )
    image_delete_in_use: Literal["accepted", "refused"] = _open(
        "accepted",
        "deleting an ISO image while a server made from it exists (refused: IMG.0090)",
        "IMS delete: effect not stated",
    )
    delete_volume_default: Literal["own_flag", "kept"] = _open(
        "own_flag",
        "data disks with delete_on_termination=true when a server is deleted without delete_volume",
        "ECS delete: the combination is not documented",
    )
    capture_of_detached_volume: Literal["refused", "accepted"] = _open(
        "refused",
        "making an image from a volume that no server has",
        "IMS create from a volume: only a client of others says that it must be attached",
    )
    data_disk_bootable: Literal["false", "true"] = _open(
        "false",
        "bootable of a data disk on which an operating system was installed",
        "EVS show volume: nothing sets it in the documents",
    )
    console_of_stopped_server: Literal["refused", "url"] = _open(
        "refused", "the remote console of a server that does not run", "ECS remote console: not stated"
    )
    process_percent: Literal["to_1", "stuck"] = _open(
        "to_1",
        "process_percent of an image job: reaches 1, or stays at 0.2 even at SUCCESS",
        "IMS jobs: a sample shows SUCCESS with 0.20",
    )
    image_tags_as: Literal["=", "."] = _open(
        "=", "how an image's tags list shows a tag: key=value or key.value", "IMS list: samples have both"
    )
    image_job_types: Literal["2024", "2022"] = _open(
        "2024",
        "names of job types: imsCreateImageByInstance ... or createImageByInstance ...",
        "IMS jobs: the sample of 2022 and the tables of 2024 differ",
    )
    native_errors: Literal["xml", "json"] = _open(
        "xml", "error bodies of the native image paths", "IMS: XML is in one source only, no sample of it"
    )
    delete_missing_image: Literal["404", "400"] = _open(
        "404", "the answer to the deletion of an unknown image", "IMS delete: IMG.0144 is 400, 404 is in the list"
    )
    image_error_shape: Literal["wrapped", "flat"] = _open(
        "wrapped",
        "error bodies of the image service: {error: {code, message}} or {error_code, error_msg}",
        "IMS: both shapes are documented",
    )
    server_error_shape: Literal["usual", "swapped"] = _open(
        "usual",
        "error bodies of the server service: code and message, or swapped as in one example",
        "ECS create: an example has them swapped",
    )
    iso_with_key: Literal["accepted", "refused"] = _open(
        "accepted",
        "cmk_id for an ISO image (refused: IMG.0167)",
        "IMS: the user guide says that ISO images cannot be encrypted, another client sends it",
    )
    page_info: Literal["absent", "present"] = _open(
        "absent", "page_info.next_marker in the image list", "IMS list: in the SDK model, not in the API reference"
    )
    finished_jobs: Literal["kept", "vanish"] = _open(
        "kept",
        "whether a finished job can be asked for a day long, or vanishes with its end",
        "ECS jobs: only newer pages say 'one day'; IMS: nothing",
    )
    new_jobs_known: Literal["at_once", "late"] = _open(
        "at_once",
        "whether a job can be asked for as soon as its request was accepted, or some seconds later",
        "jobs of all services: not stated",
    )
    server_id_in_running_job: Literal["early", "end"] = _open(
        "early",
        "when entities.server_id of a server job's sub-job first appears",
        "ECS jobs: seen in a running one; 'when' is not specified",
    )
    image_during_job: Literal["listed", "hidden"] = _open(
        "listed",
        "whether an image shows in lists while its job runs, as queued and saving, or only when it is active",
        "IMS list: names the states, not when an image first shows",
    )
    image_during_delete: Literal["active", "deleted"] = _open(
        "active",
        "how an image shows between the answer to its deletion and its end",
        "IMS delete: 204 comes before the image is gone; the state names deleted, no flow is shown",
    )
    iso_firmware: Literal["taken", "ignored"] = _open(
        "taken",
        "hw_firmware_type of an image that is made from a file",
        "IMS create: in newer sources only; the older ones set it by PATCH alone",
    )
    captured_firmware: Literal["inherited", "bios"] = _open(
        "inherited",
        "boot mode of an image that is made from a volume of a server that boots by uefi",
        "IMS create from a volume: no statement",
    )
    captured_min_disk: Literal["volume", "source_image"] = _open(
        "volume",
        "min_disk of an image that is made from a volume: the volume's size, or that of the server's image",
        "IMS create from a volume: the rule is not stated",
    )
    os_on_volume: Literal["as_given", "another"] = _open(
        "as_given",
        "os_version of an image from a volume: the caller's, or another one that the service has found on it",
        "IMS create from a volume: a detected version wins; when one is detected is not stated",
    )
    iso_file_names: Literal["any", "strict"] = _open(
        "any",
        "names of ISO files: any, or letters, digits, - and _ only, without folders (else IMG.0057)",
        "IMS user guide: such names only; the code, further dots and folders are not mentioned",
    )
    capture_needs_stopped_server: Literal["no", "yes"] = _open(
        "no",
        "making an image from a volume of a server that is not stopped (refused: IMG.0008)",
        "IMS: power state not stated for volumes; the code 'must be stopped' still exists",
    )
    iso_flavors: Literal["guide", "any"] = _open(
        "guide",
        "flavors for a server from an ISO image: as the guide has them, or any of the architecture",
        "only the ISO guide has a rule",
    )
    client_token_status: Literal["400", "409"] = _open(
        "400", "HTTP status of Ecs.0122, Ecs.0123 and Ecs.0124", "ECS idempotency: codes without status"
    )
    refused_client_token: Literal["free", "spent"] = _open(
        "free",
        "an X-Client-Token whose first request was refused: it can be used again, or gives the same refusal",
        "ECS idempotency: repeating after 4xx 'does not succeed'; whether a fresh token is needed is not stated",
    )
    healthy_fault: Literal["null", "absent"] = _open(
        "null", "fault of a healthy server", "ECS show server: null in an example of lists; details have none"
    )
    data_disk_name: Literal["from_server", "unrelated"] = _open(
        "from_server", "name of a data disk that is made with a server", "ECS create: not stated"
    )
    disks_outlive_delete_job: Literal["no", "yes"] = _open(
        "no",
        "whether disks that go with a server still show for a while, as deleting, after its delete job's SUCCESS",
        "ECS delete: not stated",
    )
    lists_need_enterprise_project: Literal["no", "yes"] = _open(
        "no",
        "lists for a user whose rights come from an enterprise project only: refused (Pdp.0001) unless they name one",
        "IMS, ECS, EVS, VPC lists: enterprise_project_id is optional; subnets alone say when vpc_id must be given",
    )
    format_of_quick_export: Literal["refused", "ignored"] = _open(
        "refused",
        "file_format of a quick export: refused with IMG.0072, or ignored",
        "IMS export: the parameter is mandatory, and must not be specified for a quick export",
    )
    server_tag_status: Literal["204", "200"] = _open(
        "204", "status of an answer to a change of a server's tags", "ECS tags: no example; clients accept both"
    )
