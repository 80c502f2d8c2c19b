"""Rules for tags and enterprise projects."""

from collections.abc import Iterator, Mapping
from typing import Any

from config.constraints import Tags, is_ownership_key, is_reserved
from policy.rule import CapturedImage, Inputs, IsoImage, Limit, Limits, Rule, TempServer
from policy.values import violations_of
from providers.lifecycle.ownership_tag import without_ownership_tag

OWNED = (IsoImage, TempServer, CapturedImage)
TAGS = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "Required value by tag key. An empty value accepts any value and cannot be filled in.",
}


def _tags(resource: Inputs, _limits: Limits) -> Iterator[str]:
    yield from violations_of("tags", Tags, resource.get("tags") or {})


def _required_tags(resource: Inputs, limits: Limits) -> Iterator[str]:
    tags: Mapping[str, Any] = resource.get("tags") or {}
    for key, value in limits["tags"].items():
        if is_reserved(key):
            purpose = "the ownership tag" if is_ownership_key(key) else "the digest of the provenance"
            yield f"required-tags contains {key!r}, which is reserved for {purpose}"
        elif key not in tags:
            yield f"tag {key!r} is missing (required: {_required(value)})"
        elif value and tags[key] != value:
            yield f"tag {key!r} is {tags[key]!r} (required: {_required(value)})"


def _required(value: str) -> str:
    return repr(value) if value else "any value"


def _required_tags_filled_in(resource: Inputs, limits: Limits) -> dict[str, Any]:
    tags = dict(resource.get("tags") or {})
    required = without_ownership_tag(limits["tags"])
    missing = {key: value for key, value in required.items() if value and key not in tags}
    return {"tags": {**tags, **missing}} if missing else {}


def _enterprise_project(resource: Inputs, limits: Limits) -> Iterator[str]:
    allowed = limits["allowed"]
    value = resource.get("enterprise_project_id")
    if allowed and value not in allowed:
        yield f"enterprise_project_id is {value!r} (allowed: {', '.join(allowed)})"


RULES = (
    Rule(
        id="tags",
        kinds=OWNED,
        description="Tags must comply with the services' rules.",
        rationale="The services reject other tags (IMG.0115, IMG.0116, Ecs.0905 to Ecs.0908) and accept ten. "
        "One of them is the ownership tag (image-from-iso, in any spelling).",
        source="IMS API, image tags; ECS API, creating an ECS (server_tags)",
        remedy="correct the tags",
        evaluate=_tags,
    ),
    Rule(
        id="required-tags",
        kinds=OWNED,
        description="Every image and server must have the tags that the organisation requires.",
        rationale="Nobody pays for resources without an owner, and nobody deletes them.",
        source="organisation",
        remedy="add the tag to the build's tags, or correct its value",
        evaluate=_required_tags,
        limits=(Limit("tags", TAGS, {}),),
        level="remediate",
        remediate=_required_tags_filled_in,
    ),
    Rule(
        id="enterprise-project",
        kinds=OWNED,
        description="Every image and server must be in an enterprise project that the organisation allows.",
        rationale="Costs and permissions are assigned by enterprise project. Without one, the default project applies.",
        source="organisation; EPS user guide",
        remedy="set enterprise_project_id",
        evaluate=_enterprise_project,
        limits=(Limit("allowed", {"type": "array", "items": {"type": "string"}}, []),),
    ),
)
