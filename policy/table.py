"""``python -m policy.table > docs/policy.md``: the page about the rules, from the rules."""

import json
from collections.abc import Iterator

from policy.pack import NAME
from policy.rule import AnyRule, Rule
from policy.rules import ALL

HEAD = f"""# The policy pack

`policy/` is a policy pack for Pulumi. `make up` and `make preview` use it; by hand it is

```
pulumi up --policy-pack policy
```

It judges what a run is about to create, before the first create: the resources by their resolved inputs (the flavor's
vCPUs, not its name), and the stack as a whole. A rule whose value is not known at preview is judged at the update,
before the create. Nothing is created where a mandatory rule is violated. The pack judges resources of this project's
types, whether they come from the component `IsoImageBuild` or are declared by hand.

This page is made from the rules: `python -m policy.table > docs/policy.md`.

## Configuration

A file of its own says what differs from the defaults: by rule, its level and its limits. `policy/configuration.json`
is used by `make` where it exists; by hand it is `--policy-pack-config FILE`.

```json
{{
  "stack-image-names": "disabled",
  "installation-time": {{"enforcementLevel": "advisory", "max_minutes": 120}},
  "required-tags": {{"tags": {{"cost-center": "4711", "owner": ""}}}},
  "stack-hourly-cost": {{
    "max_per_hour": 5,
    "prices": {{"currency": "EUR", "flavors": {{"s6.large.2": 0.11}}, "volumes": {{"SSD": 0.00025}}}}
  }}
}}
```

Levels: `mandatory` stops the run, `advisory` is shown, `remediate` fills in what has one right answer and stops the run
where it cannot, `disabled` is not asked. `all` sets the level of every rule. The engine refuses values that do not fit
the schema; `python -m policy.pack_configuration FILE` also finds misspelt rules and settings.

## Rules of {NAME}

| rule | what must hold, and why | judges | level | limits | remedy | source |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    for rule in ALL:
        cells = (
            f"`{rule.id}`",
            f"{rule.description} {rule.rationale}",
            _judged(rule),
            rule.level,
            _limits(rule),
            rule.remedy,
            rule.source,
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _judged(rule: AnyRule) -> str:
    if not isinstance(rule, Rule):
        return "the stack"
    return ", ".join(kind.rpartition(":")[2] for kind in rule.kinds)


def _limits(rule: AnyRule) -> str:
    shown = [f"`{limit.name}` ({limit.schema['type']}, {_default(limit.default)})" for limit in rule.limits]
    return "<br>".join(shown) or "none"


def _default(value: object) -> str:
    return "not set" if value is None else f"default `{json.dumps(value)}`"


if __name__ == "__main__":
    print(page(), end="")
