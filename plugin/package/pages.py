"""
Pages of the package in the form of the Pulumi Registry, from the schema.

Each resource and function has a page below docs/api-docs/; docs/installation-configuration.md has a table of the
configuration.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.documentation.marked_text import replaced
from config.resource_types import PACKAGE
from config.sign_in.precedence import ENDPOINT_KEYS, PROJECT_KEYS
from huaweicloud.auth.credentials import ENVIRONMENT_NAMES
from huaweicloud.endpoints.deployment import VARIABLES as DEPLOYMENT_VARIABLES
from huaweicloud.transport.machine_settings import BUNDLE_VARIABLES, OWN_BUNDLE_VARIABLE
from plugin.package import package_schema
from plugin.package.schema_types import ANY, Schema

BEGIN, END = "<!-- configuration: begin -->\n", "<!-- configuration: end -->"
VARIABLES: Mapping[str, str] = {
    "region": "HW_REGION_NAME",
    **{key: f"HW_{key.upper()}" for key in PROJECT_KEYS},
    **DEPLOYMENT_VARIABLES,
    "ca_bundle": f"{OWN_BUNDLE_VARIABLE}, {', '.join(BUNDLE_VARIABLES)}",
    "endpoints": ", ".join(f"HW_{service.upper()}_ENDPOINT" for service in ENDPOINT_KEYS),
    **ENVIRONMENT_NAMES,
}
"""Environment variables by key of the configuration."""
STEP = (
    "A step of a build. The component [IsoImageBuild](IsoImageBuild.md) declares it; a program that declares the steps "
    "itself has to connect them in the same way. Names of properties are those of earlier states, in snake case."
)
COMPONENT = (
    "Names are those of YAML and TypeScript. Python spells them in snake case (`image_name`), Go with a capital letter "
    "(`ImageName`). [Samples](../_index.md) show each language."
)
IMPORT = (
    "## Import\n\nA finished image is imported by its id, see [Build images in your own "
    "program](../how-to/programs.md#find-and-import-images)."
)


def pages() -> dict[str, str]:
    """Return the text of each page by the name of its resource or function."""
    found = package_schema.schema()
    resources = {_name(token): _resource(token, one, found) for token, one in found["resources"].items()}
    functions = {_name(token): _function(token, one, found) for token, one in found["functions"].items()}
    return {**resources, **functions}


def with_configuration(page: str) -> str:
    """
    Return docs/installation-configuration.md with the present table of the configuration.

    Raises:
        ValueError: The page lacks a marker.
    """
    variables = package_schema.schema()["config"]["variables"]
    rows = [
        (f"`{PACKAGE}:{key}`", _variables(key), _type(one), _marked(one, required=False))
        for key, one in sorted(variables.items())
    ]
    return replaced(page, BEGIN, END, _table(("key", "environment", "type", "meaning"), rows) + "\n")


def _variables(key: str) -> str:
    return ", ".join(f"`{name}`" for name in VARIABLES.get(key, "").split(", ") if name) or "none"


def _resource(token: str, one: Schema, whole: Schema) -> str:
    inputs, is_component = one["inputProperties"], bool(one.get("isComponent"))
    outputs = {key: kind for key, kind in one["properties"].items() if key not in inputs}
    required = set(one.get("requiredInputs", ()))
    parts = [
        *_head(token, "component resource" if is_component else "resource", one["description"]),
        COMPONENT if is_component else STEP,
        "## Inputs",
        _properties(inputs, required),
        "## Outputs",
        *([] if is_component else ["All inputs are outputs as well."]),
        _properties(outputs, set()),
        *_types(inputs.values(), whole),
        *([IMPORT] if _name(token) == "CapturedImage" else []),
    ]
    return "\n\n".join(parts) + "\n"


def _function(token: str, one: Schema, whole: Schema) -> str:
    parts = [
        *_head(token, "function", one["description"]),
        "## Inputs",
        _properties(one["inputs"]["properties"], set(one["inputs"].get("required", ()))),
        "## Outputs",
        _properties(one["outputs"]["properties"], set()),
        *_types(one["inputs"]["properties"].values(), whole),
    ]
    return "\n\n".join(parts) + "\n"


def _head(token: str, kind: str, description: str) -> Iterator[str]:
    name = _name(token)
    fields = {"title": name, "meta_desc": f"Documentation of the {kind} {PACKAGE}.{name}.", "layout": "api"}
    yield "\n".join(["---", *(f"{key}: {value}" for key, value in fields.items()), "---"])
    yield f"<!-- generated from the schema: python -m plugin.package -->\n\n# {name}"
    yield f"{description} This {kind} has the token `{token}`."


def _types(kinds: Iterable[Schema], whole: Schema) -> Iterator[str]:
    tokens = sorted(_tokens(kinds, whole))
    if tokens:
        yield "## Types"
    for token in tokens:
        one = whole["types"][token]
        yield f"### {_name(token)}"
        yield one["description"]
        yield _properties(one["properties"], set(one.get("required", ())))


def _tokens(kinds: Iterable[Schema], whole: Schema) -> set[str]:
    """Return the types that properties have, and those of the properties of these types."""
    found = {token for kind in kinds if (token := _token_in(kind))}
    return found.union(*(_tokens(whole["types"][token]["properties"].values(), whole) for token in found))


def _token_in(kind: Schema) -> str:
    nested = kind.get("items") or kind
    return str(nested.get("$ref", "")).removeprefix("#/types/") if str(nested.get("$ref", "")).startswith("#") else ""


def _properties(properties: Mapping[str, Schema], required: set[str]) -> str:
    ordered = sorted(properties.items(), key=lambda item: (item[0] not in required, item[0]))
    rows = [(f"`{key}`", _type(kind), _marked(kind, required=key in required)) for key, kind in ordered]
    return _table(("name", "type", "meaning"), rows)


def _marked(kind: Schema, *, required: bool) -> str:
    marks = {
        "Required.": required,
        "Secret.": bool(kind.get("secret")) and "secret" not in str(kind.get("description", "")).split(".")[0],
        "A plain value, no output.": bool(kind.get("plain")),
    }
    text = str(kind.get("description", "")).replace("|", "\\|")
    return " ".join([*(mark for mark, applies in marks.items() if applies), text])


def _type(kind: Schema) -> str:
    if token := _token_in(kind):
        link = f"[{_name(token)}](#{_name(token).lower()})"
        return f"list of {link}" if "items" in kind else link
    if kind.get("$ref") == ANY["$ref"]:
        return "any"
    if kind["type"] == "array":
        return f"list of {_type(kind['items'])}"
    if kind["type"] == "object":
        values = kind.get("additionalProperties", ANY)
        return "object" if values == ANY else f"map of {_type(values)}"
    return str(kind["type"])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    first, *lines = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return "\n".join([first, f"|{'---|' * len(head)}", *lines])


def _name(token: Any) -> str:
    return str(token).rpartition(":")[2]
