"""Common base of the service clients: building a request, and reading its response into a model."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from huaweicloud.errors import CloudError, InvalidResponse, PermissionDenied
from huaweicloud.models.tags import tag_list
from huaweicloud.transport.messages import Request, Response, json_body
from huaweicloud.transport.sender import Authenticator, Sender

T = TypeVar("T")
Query = Mapping[str, "str | int | bool | Iterable[str] | None"]
ALL_GRANTED: Query = {"enterprise_project_id": "all_granted_eps"}


class RequestModel(BaseModel):
    """A request body: sent with the cloud's names, without unset fields, and without fields unknown to the API."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    def body(self) -> dict[str, Any]:
        """Return the body as the API documents it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ResponseModel(BaseModel):
    """Part of a response; other fields are ignored, so that the cloud can add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


class Service:
    """
    Client of one service.

    Args:
        name: Short name of the service.
        base_url: Base URL of the service.
        sender: Sender of the requests.
        authenticator: Source of the proof of identity.
    """

    def __init__(self, name: str, base_url: str, sender: Sender, authenticator: Authenticator | None) -> None:
        self._name = name
        self._base_url = base_url
        self._sender = sender
        self._authenticator = authenticator

    def _send(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        resource: str = "",
        query: Query | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        parse_json: bool = True,
    ) -> Response:
        request = Request(
            service=self._name,
            method=method,
            base_url=self._base_url,
            path=path,
            query=query_pairs(query or {}),
            body=b"" if body is None else json_body(body),
            headers={"Content-Type": "application/json", **(headers or {})},
            operation=operation,
            resource=resource,
            idempotent=idempotent,
            parse_json=parse_json,
        )
        return self._sender.send(request, self._authenticator)


class EnterpriseProjects:
    """
    Scope of list requests: the service's default, or the resources of all granted enterprise projects.

    A user whose rights come only from enterprise projects is refused if a list does not request that scope. A single
    enterprise project would not do: a resource may be created in, or moved to, another one, and a list that lacks it
    would report it as deleted. Source: enterprise_project_id=all_granted_eps in the lists of IMS, ECS, EVS and VPC.

    Args:
        are_used: Whether enterprise projects are configured. If not, a refusal that the scope lifts reveals them.
    """

    def __init__(self, are_used: bool = False) -> None:
        self.are_used = are_used

    def read(self, send: Callable[[Query], T]) -> T:
        """
        Send a list request with the scope that the user's rights need.

        Args:
            send: Function that sends the request with further query values.
        """
        if self.are_used:
            return send(ALL_GRANTED)
        try:
            return send({})
        except PermissionDenied as refused:
            try:
                response = send(ALL_GRANTED)
            except CloudError:
                raise refused from None
            self.are_used = True
            return response


@dataclass(frozen=True)
class ProjectAccess:
    """
    Access to the resources of a project, shared by the clients of the services.

    Args:
        sender: Sender of the requests.
        authenticator: Source of the proof of identity.
        project_id: Source of the project's id.
        scope: Scope of list requests.
    """

    sender: Sender
    authenticator: Authenticator
    project_id: Callable[[], str]
    scope: EnterpriseProjects


class ProjectService(Service):
    """
    Client of a service whose resources belong to a project.

    Args:
        base_url: Base URL of the service.
        access: Access to the project.
    """

    name: ClassVar[str]
    """Short name of the service."""

    def __init__(self, base_url: str, access: ProjectAccess) -> None:
        super().__init__(self.name, base_url, access.sender, access.authenticator)
        self._project_id = access.project_id
        self._scope = access.scope


class TaggingService(ProjectService):
    """Client of a service whose resources carry tags."""

    tagged: str
    """Kind of the tagged resources, for messages."""

    def set_tags(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """
        Set tags and leave others unchanged (POST .../{resource_id}/tags/action, create).

        Args:
            resource_id: Id of the resource.
            tags: Values by key.
        """
        if tags:
            body = {"action": "create", "tags": tag_list(tags)}
            self._change_tags(resource_id, body, f"tag {self.tagged}")

    def delete_tags(self, resource_id: str, keys: Iterable[str]) -> None:
        """
        Delete tags; an absent tag is no error (POST .../{resource_id}/tags/action, delete).

        Args:
            resource_id: Id of the resource.
            keys: Keys of the tags.
        """
        tags = [{"key": key} for key in keys]
        if tags:
            self._change_tags(resource_id, {"action": "delete", "tags": tags}, f"delete tags of {self.tagged}")

    @abstractmethod
    def _tags_path(self, resource_id: str) -> str:
        """Return the path of the request that changes tags."""

    def _change_tags(self, resource_id: str, body: Mapping[str, object], operation: str) -> None:
        url_path = self._tags_path(resource_id)
        self._send("POST", url_path, operation=operation, resource=resource_id, body=body, idempotent=True)


class Identified(Protocol):
    """A resource with an id."""

    @property
    def id(self) -> str:
        """Return the id of the resource."""


ItemT = TypeVar("ItemT", bound=Identified)


def all_pages(fetch: Callable[[list[ItemT]], list[ItemT]], limit: int) -> list[ItemT]:
    """
    Read a list to its end.

    Args:
        fetch: Function that reads the page after the items read so far.
        limit: Number of items of a full page.

    Returns:
        All items, each once.
    """
    items: dict[str, ItemT] = {}
    while True:
        page = fetch(list(items.values()))
        new = {item.id: item for item in page if item.id not in items}
        items.update(new)
        # A short page is the last one; a page without a new item would repeat forever.
        if len(page) < limit or not new:
            return list(items.values())


def query_pairs(query: Query) -> tuple[tuple[str, str], ...]:
    """Flatten query values: None is omitted, a list repeats its name, a boolean is spelled in lower case."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        values = [value] if isinstance(value, str | int) else list(value)
        pairs += [(name, str(item).lower() if isinstance(item, bool) else str(item)) for item in values]
    return tuple(pairs)


_validators: dict[object, TypeAdapter[Any]] = {}
"""Validators by the type that they validate: to build one takes longer than to use it."""


def parse(kind: type[T], response: Response, *keys: str, operation: str) -> T:
    """
    Read part of a response into a model.

    Args:
        kind: Model, or a type such as `list[Model]`.
        response: Response to read.
        keys: Path of the part inside the body.
        operation: Operation as a verb phrase, for the message.

    Returns:
        The model.

    Raises:
        InvalidResponse: The response does not have the documented shape.
    """
    value = response.data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    try:
        if kind not in _validators:
            _validators[kind] = TypeAdapter(kind)
        return cast("T", _validators[kind].validate_python(value))
    except ValidationError as error:
        places = sorted({".".join(map(str, (*keys, *detail["loc"]))) or "the body" for detail in error.errors()})
        request = f" (request id {response.request_id})" if response.request_id else ""
        raise InvalidResponse(
            f"Could not {operation}: the response is not as documented in {', '.join(places[:5])}{request}"
        ) from None
