"""Whose things are: tags and enterprise projects."""

from collections.abc import Iterator, Mapping
from typing import Any

from config.constraints import Tags
from policy.rule import CapturedImage, Inputs, IsoImage, Limit, Limits, Rule, TempServer
from policy.values import violations_of
from providers.lifecycle.ownership_tag import is_reserved, without_ownership_tag

OWNED = (IsoImage, TempServer, CapturedImage)
TAGS = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "Value by key; an empty value stands for any, and cannot be filled in.",
}


def _tags(thing: Inputs, _limits: Limits) -> Iterator[str]:
    yield from violations_of("tags", Tags, thing.get("tags") or {})


def _required_tags(thing: Inputs, limits: Limits) -> Iterator[str]:
    tags: Mapping[str, Any] = thing.get("tags") or {}
    for key, value in limits["tags"].items():
        if is_reserved(key):
            yield f"required-tags names {key!r}, which is reserved for the ownership tag"
        elif key not in tags:
            yield f"tags lack {key!r}, needed is {_wanted(value)}"
        elif value and tags[key] != value:
            yield f"tag {key!r} is {tags[key]!r}, needed is {_wanted(value)}"


def _wanted(value: str) -> str:
    return repr(value) if value else "any value"


def _required_tags_filled_in(thing: Inputs, limits: Limits) -> dict[str, Any]:
    tags = dict(thing.get("tags") or {})
    wanted = without_ownership_tag(limits["tags"])
    missing = {key: value for key, value in wanted.items() if value and key not in tags}
    return {"tags": {**tags, **missing}} if missing else {}


def _enterprise_project(thing: Inputs, limits: Limits) -> Iterator[str]:
    allowed = limits["allowed"]
    value = thing.get("enterprise_project_id")
    if allowed and value not in allowed:
        yield f"enterprise_project_id is {value!r}, allowed are {', '.join(allowed)}"


RULES = (
    Rule(
        id="tags",
        kinds=OWNED,
        description="Tags are within the services' rules.",
        rationale="The services refuse others (IMG.0115, IMG.0116, Ecs.0905 to Ecs.0908), and take ten, one of them ours "
        "(image-from-iso, in any spelling).",
        source="IMS API, image tags; ECS API, creating an ECS (server_tags)",
        remedy="correct the tags",
        judge=_tags,
    ),
    Rule(
        id="required-tags",
        kinds=OWNED,
        description="Everything carries the tags that the organisation requires.",
        rationale="What has no owner is not paid by anyone and not removed by anyone.",
        source="organisation",
        remedy="add the tag to the build's tags, or correct its value",
        judge=_required_tags,
        limits=(Limit("tags", TAGS, {}),),
        level="remediate",
        remediate=_required_tags_filled_in,
    ),
    Rule(
        id="enterprise-project",
        kinds=OWNED,
        description="Everything is in an enterprise project that the organisation allows.",
        rationale="Costs and rights go by enterprise project; without one it is the default one.",
        source="organisation; EPS user guide",
        remedy="set enterprise_project_id",
        judge=_enterprise_project,
        limits=(Limit("allowed", {"type": "array", "items": {"type": "string"}}, []),),
    ),
)
