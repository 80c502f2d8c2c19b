"""
Reference page of the rules, generated from the rules.

`python -m policy.table > docs/reference/policy.md` writes it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from policy.rule import AnyRule, Limit, Rule
from policy.rules import TOPICS

HEAD = """# The policy pack

`policy/` is a policy pack for Pulumi. `make up` and `make preview` use it. To use it by hand:

```
pulumi up --policy-pack policy
```

The pack evaluates a run before its first create: each resource by its resolved inputs (the vCPUs of the flavor, not its
name), and the stack as a whole. If a value is unknown at preview, its rules are evaluated during the update, before the
create. A violation of a mandatory rule stops the run before anything is created.

The wheel of the provider contains the pack as well, for programs without a clone:

```
pulumi up --policy-pack "$(pulumi-resource-huaweicloud-image --policy-pack)"
```

The pack applies to the resource types of this project, whether the component `IsoImageBuild` or your own program
declares them, and whether they are dynamic resources or those of the provider `huaweicloud-image`, which programs in
any language use. This page is generated from the rules: `python -m policy.table > docs/reference/policy.md`.

## Configuration

A configuration file sets the level and the settings of each rule that differ from the defaults. `make` uses
`policy/configuration.json` if it exists. By hand, the option is `--policy-pack-config FILE`.

```json
{
  "stack-image-names": "disabled",
  "installation-time": {"enforcementLevel": "advisory", "max_minutes": 120},
  "required-tags": {"tags": {"cost-center": "4711", "owner": ""}},
  "stack-hourly-cost": {
    "max_per_hour": 5,
    "prices": {"currency": "EUR", "flavors": {"s6.large.2": 0.11}, "volumes": {"SSD": 0.00025}}
  }
}
```

| level | effect of a violation |
|---|---|
| `mandatory` | stops the run |
| `advisory` | is shown, and the run continues |
| `remediate` | fills in a value that has one right answer, or stops the run |
| `disabled` | the rule is not evaluated |

`all` sets the level of every rule. The engine rejects values that do not match the schema of a setting.
`python -m policy.pack_configuration FILE` also finds misspelt names of rules and settings.

## Rules
"""
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minItems": "at least {} of them",
}


def page() -> str:
    """Return the page."""
    return "\n\n".join([HEAD.rstrip(), _index(), *_sections()]) + "\n"


def _index() -> str:
    return "\n".join(f"- [{topic}](#{topic.lower().replace(' ', '-')})" for topic in TOPICS)


def _sections() -> Iterator[str]:
    for topic, rules in TOPICS.items():
        yield f"## {topic}"
        for rule in rules:
            yield from _section(rule)


def _section(rule: AnyRule) -> Iterator[str]:
    yield f"### {rule.id}"
    yield rule.description
    lines = [f"Why: {rule.rationale}", f"To fix it: {rule.remedy}.", f"Applies to: {_subject(rule)}."]
    yield "\n".join(f"- {line}" for line in [*lines, f"Level: `{rule.level}`.", f"Source: {rule.source}."])
    if rule.limits:
        rows = [(f"`{limit.name}`", _type(limit.schema), _default(limit)) for limit in rule.limits]
        yield "\n".join(_table(("setting", "type", "default"), rows))
        yield from (f"`{limit.name}`: {limit.schema['description']}" for limit in rule.limits if _is_described(limit))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


def _subject(rule: AnyRule) -> str:
    if not isinstance(rule, Rule):
        return "the stack"
    return ", ".join(f"`{kind}`" for kind in rule.kinds)


def _type(schema: Mapping[str, Any]) -> str:
    if schema["type"] == "array":
        kind, *bounds = _type(schema["items"]).split(", ")
        return ", ".join([f"list of {kind}s", *(f"each {bound}" for bound in bounds), *_bounds(schema)])
    return ", ".join([str(schema["type"]), *_bounds(schema)])


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    return (words.format(schema[key]) for key, words in BOUNDS.items() if key in schema)


def _default(limit: Limit) -> str:
    return "not set" if limit.default is None else f"`{json.dumps(limit.default)}`"


def _is_described(limit: Limit) -> bool:
    return "description" in limit.schema


if __name__ == "__main__":
    print(page(), end="")
