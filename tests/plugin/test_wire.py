"""Properties on the wire: secrets, unknown values and references become plain values, and go back as they were."""

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.output import Unknown
from pulumi.runtime import rpc

from plugin import wire

SECRET = {wire.SIGNATURE: wire.SECRET, "value": "secret"}


def struct(**fields) -> Struct:
    return ParseDict(fields, Struct())


def test_the_signatures_are_those_of_the_sdk():
    assert (rpc._special_sig_key, rpc._special_secret_sig) == (wire.SIGNATURE, wire.SECRET)
    assert (rpc._special_output_value_sig, rpc._special_resource_sig) == (wire.OUTPUT, wire.RESOURCE)
    assert rpc.UNKNOWN == wire.UNKNOWN


def test_plain_values_are_as_dynamic_resources_get_them():
    values = {"text": "a", "number": 1.0, "flag": True, "list": [1.0, {"a": "b"}], "nested": {"a": {"b": "c"}}}

    bag = wire.decoded(struct(**values, none=None, within={"none": None, "some": 1}))

    assert {**values, "within": {"some": 1.0}} == bag.values
    assert set() == bag.secrets


@pytest.mark.parametrize(
    "value", [SECRET, {"password": SECRET}, ["a", SECRET], {wire.SIGNATURE: wire.OUTPUT, "value": "a", "secret": True}]
)
def test_a_property_that_contains_a_secret_is_one(value):
    bag = wire.decoded(struct(plain="a", hidden=value))

    assert {"hidden"} == bag.secrets
    assert "1b4706" not in str(bag.values)


@pytest.mark.parametrize("sign", sorted(wire.UNKNOWNS))
def test_unknown_values_of_all_types_are_unknown(sign):
    bag = wire.decoded(struct(one=sign, within=[{"a": sign}], output={wire.SIGNATURE: wire.OUTPUT}))

    assert isinstance(bag.values["one"], Unknown)
    assert isinstance(bag.values["within"][0]["a"], Unknown)
    assert isinstance(bag.values["output"], Unknown)
    assert wire.UNKNOWN == MessageToDict(wire.encoded(bag.values))["one"]


def test_a_reference_to_a_resource_is_its_id():
    reference = {wire.SIGNATURE: wire.RESOURCE, "urn": "urn:pulumi:a", "id": "vpc-1"}

    assert {"vpc_id": "vpc-1"} == wire.decoded(struct(vpc_id=reference)).values


def test_what_was_secret_goes_back_as_a_secret():
    message = wire.encoded({"user_data": {"a": 1}, "plain": [1, "b", False, None], "none": None}, {"user_data", "none"})

    expected = {"user_data": {wire.SIGNATURE: wire.SECRET, "value": {"a": 1.0}}, "plain": [1.0, "b", False]}
    assert expected == MessageToDict(message)


def test_only_values_of_the_protocol_are_accepted():
    with pytest.raises(TypeError, match="a set is no property"):
        wire.encoded({"a": {1}})
