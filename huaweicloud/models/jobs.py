"""Jobs of ECS and EVS, which share one shape: a job with its sub-jobs inside its entities."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from huaweicloud.models.fields import Moment, Text, first, joined
from huaweicloud.service import ResponseModel

JobStatus = Literal["INIT", "RUNNING", "SUCCESS", "FAIL", "PENDING_PAYMENT"]


class _JobWithParts(ResponseModel):
    """
    The common part of the jobs of ECS and EVS.

    Attributes:
        id: Id of the job.
        status: INIT, RUNNING, SUCCESS, FAIL or PENDING_PAYMENT.
        error_code: Most specific error code of the job and its sub-jobs.
        fail_reason: Reasons of the job and its sub-jobs.
        begin_time: Time of the beginning (UTC).
        end_time: Time of the end; None while the job is running.
    """

    resource_key: ClassVar[str]
    """Name of the entity that holds the id of the job's resource."""

    id: str = Field(alias="job_id")
    status: JobStatus
    job_type: Text = ""
    error_code: Text = ""
    fail_reason: Text = ""
    begin_time: Moment = None
    end_time: Moment = None

    @property
    def progress(self) -> None:
        """Return None: the service does not report how far a job is."""
        return

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        parts = list(_parts(value))
        entities = [_entities(part) for part in parts]
        ids = (found.get(cls.resource_key) for found in entities)
        # The code of a sub-job is more specific than its parent's "a sub job failed".
        codes = [part.get("error_code") for part in [*parts[1:], value]]
        reasons = [part.get("fail_reason") for part in parts]
        return {
            **value,
            "status": str(value.get("status", "")).upper(),
            cls.resource_key: next((found for found in ids if isinstance(found, str) and found), None),
            "error_code": first(*codes),
            "fail_reason": joined([*reasons, *(found.get("errorcode_message") for found in entities)]),
        }


class ServerJob(_JobWithParts):
    """
    A job of ECS.

    Attributes:
        server_id: Id of the first server that the job names, or None before it names one.
    """

    resource_key: ClassVar[str] = "server_id"

    server_id: str | None = None


class VolumeJob(_JobWithParts):
    """
    A job of EVS.

    Attributes:
        volume_id: Id of the first disk that the job names, or None before it names one.
    """

    resource_key: ClassVar[str] = "volume_id"

    volume_id: str | None = None


def _parts(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a job and its sub-jobs."""
    yield job
    listed = _entities(job).get("sub_jobs")
    yield from (part for part in (listed if isinstance(listed, list) else []) if isinstance(part, dict))


def _entities(job: dict[str, Any]) -> dict[str, Any]:
    entities = job.get("entities")
    return entities if isinstance(entities, dict) else {}
