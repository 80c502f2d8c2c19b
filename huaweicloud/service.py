"""What the clients of the services share: building a call, and reading its response into a model."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from huaweicloud.errors import CloudError, InvalidResponse, PermissionDenied
from huaweicloud.transport.messages import Request, Response, json_body
from huaweicloud.transport.sender import Authenticator, Sender

T = TypeVar("T")
ProjectId = Callable[[], str]
Query = Mapping[str, "str | int | bool | Iterable[str] | None"]
ALL_GRANTED: Query = {"enterprise_project_id": "all_granted_eps"}


class RequestModel(BaseModel):
    """A request body: sent with the cloud's names, without what is not set, refusing what the API does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    def body(self) -> dict[str, Any]:
        """The body as the API documents it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ResponseModel(BaseModel):
    """Part of a response: fields that it does not name are left alone, so that the cloud can add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


class Service:
    """
    A client of one service.

    Args:
        name: Short name of the service.
        base_url: Its base URL.
        sender: Sends.
        authenticator: Signs.
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
    The scope of list requests: what the service lists of itself, or the resources of all enterprise projects granted.

    A user whose rights come from enterprise projects only is refused where a list does not say so. Not one of them, for
    a resource may have been made in, or moved to, another one: a list that lacks it would report it as deleted. Source:
    enterprise_project_id=all_granted_eps in the lists of IMS, ECS, EVS and VPC.

    Args:
        are_used: Whether enterprise projects are configured; otherwise a refusal that the scope lifts shows them.
    """

    def __init__(self, are_used: bool = False) -> None:
        self.are_used = are_used

    def read(self, send: Callable[[Query], T]) -> T:
        """
        Send a list request with the scope that the user's rights need.

        Args:
            send: Sends the request with more query values.
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


class Identified(Protocol):
    """Something in a list."""

    @property
    def id(self) -> str:
        """Its id."""


ItemT = TypeVar("ItemT", bound=Identified)


def all_pages(fetch: Callable[[list[ItemT]], list[ItemT]], limit: int) -> list[ItemT]:
    """
    Read a list to its end.

    Args:
        fetch: Reads the page that follows what was read so far.
        limit: Items that a full page has.

    Returns:
        All items, each once.
    """
    items: dict[str, ItemT] = {}
    while True:
        page = fetch(list(items.values()))
        new = {item.id: item for item in page if item.id not in items}
        items.update(new)
        # A short page is the last one; a page with nothing new would repeat for ever.
        if len(page) < limit or not new:
            return list(items.values())


def query_pairs(query: Query) -> tuple[tuple[str, str], ...]:
    """Flatten query values: None is left out, a list repeats its name, a boolean is spelled in lower case."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        values = [value] if isinstance(value, str | int) else list(value)
        pairs += [(name, str(item).lower() if isinstance(item, bool) else str(item)) for item in values]
    return tuple(pairs)


def parse(kind: type[T], response: Response, *keys: str, operation: str) -> T:
    """
    Read part of a response into a model.

    Args:
        kind: The model, or a type such as `list[Model]`.
        response: The response.
        keys: Where in the body it stands.
        operation: What was being done, for the message.

    Returns:
        The model.

    Raises:
        InvalidResponse: The response is not of the documented shape.
    """
    value = response.data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        places = sorted({".".join(map(str, (*keys, *fault["loc"]))) or "the body" for fault in error.errors()})
        request = f" (request id {response.request_id})" if response.request_id else ""
        raise InvalidResponse(
            f"Could not {operation}: the response is not as documented in {', '.join(places[:5])}{request}"
        ) from None


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Spell tags as the services take them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def read_tags(value: object) -> dict[str, str]:
    """
    Read tags in any of the spellings that responses use.

    Args:
        value: An object, a list of {key, value}, or a list of `k=v`, `k.v` (the old image tags) or bare keys.

    Returns:
        The tags by key.
    """
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in value.items()}
    tags: dict[str, str] = {}
    for item in value if isinstance(value, list) else []:
        if isinstance(item, Mapping):
            tags[str(item.get("key"))] = str(item.get("value") or "")
        elif isinstance(item, str):
            key, _, text = item.partition("=" if "=" in item else ".")
            tags[key] = text
    return tags
