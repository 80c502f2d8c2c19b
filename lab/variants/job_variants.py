"""Variants of jobs: undocumented parts of asynchronous work."""

from typing import Literal

from pydantic import BaseModel

from lab.variants.variant_field import variant


class JobVariants(BaseModel):
    """Jobs, a field per open question."""

    unknown_job: Literal["400", "404"] = variant(
        "400",
        "status for an unknown or expired job",
        "IMS and ECS jobs: no 404 in the lists; Common.0011 is documented without its status for IMS",
    )
    new_jobs_known: Literal["at_once", "late"] = variant(
        "at_once",
        "a new job: known as soon as its request is accepted, or some seconds later",
        "jobs of all services: not stated",
    )
    finished_jobs: Literal["kept", "vanish"] = variant(
        "kept",
        "a finished job: shown for a day, or gone with its end",
        "ECS jobs: 'one day' on newer pages only; IMS: not stated",
    )
    failed_job_entities: Literal["kept", "empty"] = variant(
        "kept", "entities of a failed image job", "IMS jobs: no sample of a failed job"
    )
    failed_job_codes: Literal["both", "parent", "sub"] = variant(
        "both",
        "place of a failed server job's code: parent and sub-job, or only one of them",
        "ECS jobs: no sample of a failed job",
    )
    job_error_fields_running: Literal["absent", "null"] = variant(
        "absent",
        "error_code and fail_reason of a running server job",
        "ECS jobs: null after success; absent in live traffic while running",
    )
    image_id_in_running_job: Literal["early", "end"] = variant(
        "early", "first appearance of entities.image_id in a running image job", "IMS jobs: 'when' is not specified"
    )
    server_id_in_running_job: Literal["early", "end"] = variant(
        "early",
        "first appearance of entities.server_id in a running server job's sub-job",
        "ECS jobs: seen in a running one; 'when' is not specified",
    )
    iso_job_shape: Literal["direct", "sub_jobs"] = variant(
        "direct",
        "place of the image id of an ISO import job: entities, or sub_jobs_result[0].entities",
        "IMS jobs: no sample for an ISO import; a sub-job type imsImportIsoFileImageJob exists",
    )
    image_job_types: Literal["2024", "2022"] = variant(
        "2024",
        "names of job types: imsCreateImageByInstance ... or createImageByInstance ...",
        "IMS jobs: the sample of 2022 and the tables of 2024 differ",
    )
    job_time_format: Literal["iso", "2015"] = variant(
        "iso",
        "times of image jobs: 2024-11-06T06:21:08.769Z or 04-Jun-2015 18:11:06:586",
        "IMS jobs: the samples of 2022 and 2024 differ",
    )
    process_percent: Literal["to_1", "stuck"] = variant(
        "to_1",
        "process_percent of an image job: reaches 1, or stays at 0.2 even at SUCCESS",
        "IMS jobs: a sample shows SUCCESS with 0.20",
    )
