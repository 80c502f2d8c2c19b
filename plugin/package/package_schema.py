"""Schema of the package from the models: SDKs in all languages and the pages of the registry are made from it."""

import json
import re

from pydantic import BaseModel

from components.build_values import PLAIN
from config.answers.answer_settings import AnswerSettings
from config.builds.build_settings import BuildSettings, Installation
from config.builds.build_source import Volume
from config.builds.distribution import CopyTarget, ExportTarget
from config.builds.publication import Publication
from config.builds.verification import Verification
from config.resource_types import PACKAGE
from config.sign_in.connection import SECRET_KEYS
from config.stack_model import PROGRAM_KEYS, StackConfiguration
from plugin.package import VERSION
from plugin.package.arguments import describe
from plugin.package.descriptions import OF_PROPERTIES, RESOLVED
from plugin.package.schema_types import ANY, OBJECT, Schema, properties_of, sentence, token
from plugin.package.spelling import camel, in_camel_case
from plugin.resources import RESOURCES, SECRETS
from providers.runtime.base import StepResource

KEYWORDS = ["category/infrastructure", "huaweicloud", "image", "iso", "kind/component", "kind/native"]
DESCRIPTION = "Private server images from ISO files on Huawei Cloud."
COMPONENT = (
    "Build of a private image from an ISO file: import, temporary server, installation, capture, and deletion of the "
    "server. Each input may be among the defaults of the configuration."
)
LANGUAGES: dict[str, Schema] = {
    "go": {
        "respectSchemaVersion": True,
        "importBasePath": f"example.com/pulumi-{PACKAGE}/sdk/go/{PACKAGE.replace('-', '')}",
    },
    "nodejs": {"respectSchemaVersion": True, "packageName": f"pulumi-{PACKAGE}"},
    "python": {
        "respectSchemaVersion": True,
        "packageName": f"pulumi_{PACKAGE.replace('-', '_')}",
        "pyproject": {"enabled": True},
        "inputTypes": "classes-and-dicts",
    },
}
"""Names of the SDKs, and options of their generators."""
IMAGE = ("build_id", "created_at", "image_id", "min_disk", "name", "os_version", "region", "size", "status")
"""Outputs of the function getImage."""
OUTPUT_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
OUTPUTS_OF_COMPONENT: dict[str, Schema] = {
    "image_id": {"type": "string", "description": "Id of the finished image."},
    "build_id": {"type": "string", "description": "Id of the build, which all of its resources are tagged with."},
    "iso_image_id": {"type": "string", "description": "Id of the ISO image that the temporary server boots."},
    "summary": {**OBJECT, "description": "Image, build, and the metrics of each step, as the stack output `builds`."},
}


def schema() -> Schema:
    """Return the schema of the package (Pulumi Package Schema)."""
    resources = {token(found.__name__): _resource(found) for found in RESOURCES}
    return {
        "name": PACKAGE,
        "version": VERSION,
        "displayName": "Huawei Cloud images from ISO files",
        "description": DESCRIPTION,
        "keywords": KEYWORDS,
        "license": "Apache-2.0",
        "meta": {"supportPack": True},
        "language": LANGUAGES,
        "config": {"variables": _configuration()},
        "types": {
            token("Answers"): _type("Answers that a copy of the vendor's ISO file gets.", AnswerSettings),
            token("CopyTarget"): _type("Copy of the finished image in another region or project.", CopyTarget),
            token("ExportTarget"): _type("Object in a bucket that the finished image is exported to.", ExportTarget),
            token("Installation"): _type("End and time limit of the installation.", Installation),
            token("Publication"): _type("Publication of the finished image in a channel of its family.", Publication),
            token("Verification"): _type("Test of the finished image, before the outputs name it.", Verification),
            token("Volume"): _type("Disk of the temporary server.", Volume),
        },
        "provider": {
            "description": "Sign-in, and the settings that all builds share.",
            "inputProperties": _configuration(),
        },
        "resources": {token("IsoImageBuild"): _component(), **resources},
        "functions": {token("getImage"): _get_image()},
    }


def as_text() -> str:
    """Return the schema as the text of plugin/schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _configuration() -> dict[str, Schema]:
    described, types = describe(StackConfiguration), properties_of(StackConfiguration)
    return {
        key: {
            **types[key],
            "description": described[key],
            **({"secret": True} if key in SECRET_KEYS else {}),
        }
        for key in PROGRAM_KEYS
    }


def _type(description: str, model: type[BaseModel]) -> Schema:
    described = describe(model)
    properties = {
        camel(name): {**kind, "description": in_camel_case(described[name])}
        for name, kind in properties_of(model).items()
    }
    required = sorted(camel(name) for name, field in model.model_fields.items() if field.is_required())
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _component() -> Schema:
    """Return the component, none of whose inputs is required, because any may be among the defaults."""
    described, types = describe(BuildSettings), properties_of(BuildSettings)
    inputs = {
        camel(name): {
            **kind,
            "description": in_camel_case(described[name]),
            **({"plain": True} if name in PLAIN else {}),
            **({"secret": True} if name in SECRETS else {}),
        }
        for name, kind in types.items()
        if name != "name"
    }
    return {
        "description": COMPONENT,
        "isComponent": True,
        "inputProperties": inputs,
        "properties": {camel(name): kind for name, kind in OUTPUTS_OF_COMPONENT.items()},
        "required": sorted(map(camel, OUTPUTS_OF_COMPONENT)),
    }


def _get_image() -> Schema:
    image = properties_of_resource("CapturedImage")
    more = {"created_at": {"type": "string", "description": "Time of the creation, in ISO 8601."}}
    found = {name: {**image, **more}[name] for name in IMAGE}
    place = properties_of_resource("ImagePublication")
    inputs = {name: found[name] for name in ("build_id", "image_id", "name", "region")}
    inputs |= {name: place[name] for name in ("family", "channel")}
    return {
        "description": "Finished image that this tool has built, in any stack: by its id, its name (the newest of "
        "several), the id of its build, or the family and the channel that it is published in. Give one of them.",
        "inputs": {"type": "object", "properties": {camel(name): kind for name, kind in inputs.items()}},
        "outputs": {
            "type": "object",
            "properties": {camel(name): kind for name, kind in found.items()},
            "required": sorted(camel(name) for name in found if name not in ("created_at", "size")),
        },
    }


def properties_of_resource(name: str) -> dict[str, Schema]:
    """Return the properties of a resource of the package."""
    (resource,) = (found for found in RESOURCES if found.__name__ == name)
    properties: dict[str, Schema] = _resource(resource)["properties"]
    return properties


def _resource(resource: type[StepResource]) -> Schema:
    model = resource.provider_class.inputs
    types = {name: _described(resource, name, kind) for name, kind in properties_of(model).items()}
    outputs = {name: _described(resource, name, _output_type(resource, name)) for name in resource.output_names}
    required = sorted(name for name, field in model.model_fields.items() if field.is_required())
    return {
        "description": sentence(str(resource.__doc__).partition(" For the arguments")[0]),
        "inputProperties": {name: kind for name, kind in types.items() if not _is_resolved(resource, name)},
        "requiredInputs": required,
        "properties": {**outputs, **types},
        "required": sorted({*required, *(name for name in outputs if name in ("image_id", "build_id", "status"))}),
    }


def _is_resolved(resource: type[StepResource], name: str) -> bool:
    """Return True if check() adds a property, which no program gives."""
    return name in RESOLVED or name in resource.output_names


def _output_type(resource: type[StepResource], name: str) -> Schema:
    found = re.search(r"Output\[(\w+)", str(resource.__annotations__.get(name, "Output[str]")))
    kind = OUTPUT_TYPES.get(found.group(1) if found else "")
    return {"type": kind} if kind else OBJECT if found and found.group(1) == "dict" else ANY


def _described(resource: type[StepResource], name: str, kind: Schema) -> Schema:
    """Return a property with its description: from the resource itself, its settings, or the shared ones."""
    entry = re.compile(rf"^ +{name}: ((?:.|\n(?! +\w+: | *$))+)", re.MULTILINE)
    own = entry.search(str(resource.provider_class.inputs.__doc__))
    setting = describe(BuildSettings).get(name, "").partition(" A change leads")[0]
    text = re.sub(r"\s+", " ", own.group(1)).strip() if own else OF_PROPERTIES.get(name) or setting
    return {**kind, "description": text, **({"secret": True} if name in SECRETS else {})}
