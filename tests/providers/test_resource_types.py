"""Kinds and type tokens: every resource has both tokens, and its properties have the same names with both."""

import pytest

from config import resource_types
from config.resource_types import PACKAGE, kind_in, kind_of, tokens
from plugin.package import package_schema
from plugin.resources import RESOURCES
from providers.runtime import serving


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_tokens_are_those_of_the_dynamic_resource_and_of_the_package(resource):
    dynamic, provided = tokens(resource.__name__)

    assert serving.dynamic_token(resource) == dynamic
    assert provided in package_schema.schema()["resources"]
    assert {resource.__name__} == {kind_of(dynamic), kind_of(provided)}


def test_every_kind_is_a_resource():
    kinds = {value for name, value in vars(resource_types).items() if name.isupper()}

    assert kinds - {resource_types.DYNAMIC, resource_types.PROVIDED, PACKAGE} <= {
        resource.__name__ for resource in RESOURCES
    }


@pytest.mark.parametrize("resource", RESOURCES)
def test_properties_have_the_names_of_the_models(resource):
    declared = package_schema.schema()["resources"][tokens(resource.__name__)[1]]

    names = {*resource.provider_class.inputs.model_fields, *resource.output_names}
    assert names == {*declared["properties"]} | {*declared["inputProperties"]}


@pytest.mark.parametrize(
    ("urn", "kind"),
    [
        ("urn:pulumi:a::b::huaweicloud-image:index:IsoImageBuild$huaweicloud-image:index:TempServer::c", "TempServer"),
        ("urn:pulumi:a::b::pulumi-python:dynamic/huaweicloud:Preflight::c::d", "Preflight"),
        ("urn:pulumi:a::b::huaweicloud-image:index:IsoImageBuild$random:index:RandomId::c", ""),
        ("urn:pulumi:a::b", ""),
        ("", ""),
    ],
)
def test_a_urn_tells_the_kind(urn, kind):
    assert kind == kind_in(urn)
