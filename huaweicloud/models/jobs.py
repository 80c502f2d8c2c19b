"""The jobs of ECS and EVS, which have one shape: a job, and in its entities its parts."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from huaweicloud.models.fields import Moment, Text, first, joined
from huaweicloud.service import ResponseModel

JobStatus = Literal["INIT", "RUNNING", "SUCCESS", "FAIL", "PENDING_PAYMENT"]


class ServerJob(ResponseModel):
    """
    A job of the server service.

    Attributes:
        id: Job id.
        status: INIT, RUNNING, SUCCESS, FAIL or PENDING_PAYMENT.
        server_id: The first server that the job is about, once it says.
        error_code: The most telling code of the job and its parts.
        fail_reason: The reasons of the job and its parts.
        begin_time: When it began (UTC).
        end_time: When it ended; None while running.
    """

    id: str = Field(alias="job_id")
    status: JobStatus
    job_type: Text = ""
    server_id: str | None = None
    error_code: Text = ""
    fail_reason: Text = ""
    begin_time: Moment = None
    end_time: Moment = None

    @property
    def progress(self) -> None:
        """The service does not say how far a job is."""
        return

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        parts = list(_parts(value))
        subs = parts[1:]
        entities = [_entities(part) for part in parts]
        ids = (found.get("server_id") for found in entities)
        # A part's code says more than its parent's "a sub job failed".
        codes = [part.get("error_code") for part in [*subs, value]]
        return {
            **value,
            "status": str(value.get("status", "")).upper(),
            "server_id": next((found for found in ids if isinstance(found, str) and found), None),
            "error_code": first(*codes),
            "fail_reason": joined(
                [*(part.get("fail_reason") for part in parts), *(e.get("errorcode_message") for e in entities)]
            ),
        }


class VolumeJob(ResponseModel):
    """
    A job of the volume service.

    Attributes:
        id: Job id.
        status: INIT, RUNNING, SUCCESS or FAIL.
        volume_id: The first disk that the job is about, once it says.
        error_code: The most telling code of the job and its parts.
        fail_reason: The reasons of the job and its parts.
    """

    id: str = Field(alias="job_id")
    status: JobStatus
    job_type: Text = ""
    volume_id: str | None = None
    error_code: Text = ""
    fail_reason: Text = ""
    begin_time: Moment = None
    end_time: Moment = None

    @property
    def progress(self) -> None:
        """The service does not say how far a job is."""
        return

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        parts = list(_parts(value))
        ids = (part["entities"].get("volume_id") for part in parts if isinstance(part.get("entities"), dict))
        return {
            **value,
            "status": str(value.get("status", "")).upper(),
            "volume_id": next((found for found in ids if isinstance(found, str) and found), None),
            "error_code": first(*(part.get("error_code") for part in [*parts[1:], value])),
            "fail_reason": joined(part.get("fail_reason") for part in parts),
        }


def _parts(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a job and its sub-jobs."""
    yield job
    listed = _entities(job).get("sub_jobs")
    yield from (part for part in (listed if isinstance(listed, list) else []) if isinstance(part, dict))


def _entities(job: dict[str, Any]) -> dict[str, Any]:
    found = job.get("entities")
    return found if isinstance(found, dict) else {}
