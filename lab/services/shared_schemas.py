"""Bodies of requests, and parts of responses, that several services describe in the same way."""

from typing import Literal

from lab.services.service_app import Body, Part


class GatewayError(Part):
    error_code: str
    error_msg: str
    request_id: str


class JobId(Part):
    job_id: str


class TagPair(Part):
    key: str
    value: str


class TagsResponse(Part):
    tags: list[TagPair]


class KeyValues(Part):
    key: str
    values: list[str]


class ProjectTagsResponse(Part):
    tags: list[KeyValues]


class BatchTag(Body):
    key: str
    value: str | None = None


class TagsActionBody(Body):
    action: Literal["create", "delete"]
    tags: list[BatchTag]
