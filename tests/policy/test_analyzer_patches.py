"""Skipping resources that no rule evaluates saves time and changes no result."""

from typing import Any

import pytest
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy import policy as library

from config.resource_types import DYNAMIC, PROVIDED, kind_of, tokens
from policy import pack
from policy.analyzer_patches import install
from policy.rule import CapturedImage, IsoImage, TempServer
from tests.policy.stack_resources import INPUTS, build

STOCK = library._PolicyAnalyzerServicer


@pytest.fixture
def patched(monkeypatch):
    monkeypatch.setattr(library, "_PolicyAnalyzerServicer", STOCK)
    policies = pack.policies()
    install(policies)
    return servicer(library._PolicyAnalyzerServicer, policies)


def servicer(kind: Any, policies: list[Policy]) -> Any:
    level = EnforcementLevel.ADVISORY
    return kind(pack.NAME, "0.0.1", policies, level, None, None, None, None, None, None, None)


def request(kind: str, properties: dict[str, Any]) -> Any:
    message = proto.AnalyzeRequest(type=kind, urn=f"urn:{kind}", name="debian")
    message.properties.update(properties)
    message.provider.type = "pulumi:providers:pulumi-python"
    message.provider.properties.update({"image-from-iso:builds": "[]"})
    return message


OTHERS = ("huaweicloud:image:IsoImageBuild", "huaweicloud-image:index:IsoImageBuild", "random:index:RandomId")


@pytest.mark.parametrize("kind", [*(token for kind in INPUTS for token in tokens(kind)), *OTHERS])
def test_a_resource_is_judged_as_without(patched, kind):
    found = INPUTS.get(kind_of(kind), {})
    inputs = {**found, "name": "a/b", "flavor": "s6.large.2", "flavor_details": {"vcpus": 1.0}}

    expected = servicer(STOCK, list(pack.policies())).Analyze(request(kind, inputs), None)
    judged = patched.Analyze(request(kind, inputs), None)

    assert list(expected.diagnostics) == list(judged.diagnostics)
    assert (kind_of(kind) in (TempServer, IsoImage, CapturedImage)) == bool(judged.diagnostics)


@pytest.mark.parametrize("kind", INPUTS)
def test_a_resource_of_the_provider_is_judged_as_a_dynamic_one(patched, kind):
    dynamic, provided = (
        patched.Analyze(request(token, {**INPUTS[kind], "name": "a/b"}), None) for token in tokens(kind)
    )

    for found in (*dynamic.diagnostics, *provided.diagnostics):
        found.urn = ""
    assert list(dynamic.diagnostics) == list(provided.diagnostics)


@pytest.mark.parametrize("way", [DYNAMIC, PROVIDED])
def test_a_stack_is_judged_as_without(patched, way):
    message = proto.AnalyzeStackRequest()
    for declared in [*build(1, iso={"min_disk": 40.0}), *build(2)][:-1]:
        resource = message.resources.add(type=f"{way}{declared.kind}", urn=declared.urn, name=declared.name)
        resource.properties.update(dict(declared.properties))
        resource.dependencies.extend(declared.dependencies)
        for key, urns in declared.property_dependencies.items():
            resource.propertyDependencies[key].urns.extend(urns)

    expected = servicer(STOCK, list(pack.policies())).AnalyzeStack(message, None)
    found = patched.AnalyzeStack(message, None)

    assert 3 <= len(expected.diagnostics)
    assert list(expected.diagnostics) == list(found.diagnostics)


def test_the_engine_learns_of_every_rule(patched):
    info = patched.GetAnalyzerInfo(None, None)

    assert [policy.name for policy in pack.policies()] == [policy.name for policy in info.policies]


def test_a_library_with_another_inside_is_left_alone(monkeypatch):
    monkeypatch.delattr(library, "_PolicyAnalyzerServicer")

    install(pack.policies())

    assert not hasattr(library, "_PolicyAnalyzerServicer")
