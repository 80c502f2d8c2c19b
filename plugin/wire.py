"""
Properties on the wire: plain values for the providers, which know neither secrets nor protocol messages.

A property that contains a secret is one as a whole. The provider gets its value, and an output of the same name is a
secret again. As with dynamic resources, numbers are decimals and None is absent.

Source: pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go (signatures and unknown values).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.output import Unknown

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # a signature
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # of a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # of a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # of a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # of an object
    }
)
UNKNOWN_VALUE: Any = cast("Any", Unknown)()


@dataclass
class Bag:
    """
    Properties of a resource.

    Attributes:
        values: Plain values by name.
        secrets: Names of those that contain a secret.
    """

    values: dict[str, Any]
    secrets: set[str] = field(default_factory=set)


def decoded(struct: Struct) -> Bag:
    """Return the properties of a message."""
    bag = Bag({})
    for name, value in struct.fields.items():
        found: list[str] = []
        plain = _decoded(value, found)
        if plain is not None:
            bag.values[name] = plain
            if found:
                bag.secrets.add(name)
    return bag


def encoded(values: Mapping[str, Any], secrets: Collection[str] = ()) -> Struct:
    """
    Return properties as a message.

    Args:
        values: Plain values by name.
        secrets: Names of those that are secret.
    """
    struct = Struct()
    for name, value in values.items():
        if value is None:
            continue
        if name in secrets:
            struct.fields[name].CopyFrom(secret(encoded_value(value)))
        else:
            _fill(struct.fields[name], value)
    return struct


def secret(value: Value) -> Value:
    """Return a value as a secret."""
    return Value(struct_value=Struct(fields={SIGNATURE: Value(string_value=SECRET), "value": value}))


def _decoded(value: Value, secrets: list[str]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN_VALUE if text in UNKNOWNS else text
    if kind == "struct_value":
        return _object(value.struct_value, secrets)
    if kind == "number_value":
        return value.number_value
    if kind == "list_value":
        return [_decoded(item, secrets) for item in value.list_value.values]
    return value.bool_value if kind == "bool_value" else None


def _object(struct: Struct, secrets: list[str]) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if signature == SECRET:
        secrets.append(signature)
        return _decoded(struct.fields["value"], secrets)
    if signature == OUTPUT:
        if struct.fields["secret"].bool_value:
            secrets.append(signature)
        return _decoded(struct.fields["value"], secrets) if "value" in struct.fields else UNKNOWN_VALUE
    if signature == RESOURCE:
        return _decoded(struct.fields["id"], secrets) if "id" in struct.fields else struct.fields["urn"].string_value
    found = {name: _decoded(item, secrets) for name, item in struct.fields.items()}
    return {name: item for name, item in found.items() if item is not None}


def encoded_value(value: Any) -> Value:
    """
    Return a plain value as a message.

    Raises:
        TypeError: It is of a type that no property has.
    """
    message = Value()
    _fill(message, value)
    return message


def _fill(message: Value, value: Any) -> None:
    """Write a plain value into a message; one that is created by itself and then copied takes twice as long."""
    if isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int | float):
        message.number_value = value
    elif isinstance(value, Unknown):
        message.string_value = UNKNOWN
    elif isinstance(value, Mapping):
        message.struct_value.SetInParent()
        for key, item in value.items():
            if item is not None:
                _fill(message.struct_value.fields[str(key)], item)
    elif isinstance(value, list | tuple):
        message.list_value.SetInParent()
        for item in value:
            if item is not None:
                _fill(message.list_value.values.add(), item)
    else:
        raise TypeError(f"a {type(value).__name__} is no property")
