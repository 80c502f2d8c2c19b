"""
A provider for the examples: a network and a server.

It takes the place of the provider that your own program has for the rest of its cloud.
"""

import asyncio
import sys
from pathlib import Path

import cloud
from pulumi.provider.experimental import provider
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import main

SCHEMA = Path(__file__).parent / "schema.json"
RESOURCES = {
    "example:index:Network": (cloud.create_network, cloud.network_exists, cloud.delete_network),
    "example:index:Server": (cloud.create_server, cloud.server_exists, cloud.delete_server),
}


def plain(properties: dict[str, PropertyValue]) -> dict[str, str]:
    return {name: str(item.value) for name, item in properties.items()}


class ExampleProvider(provider.Provider):
    """Serves the resources of schema.json; every change of an input is a replacement."""

    async def get_schema(self, request: provider.GetSchemaRequest) -> provider.GetSchemaResponse:
        return provider.GetSchemaResponse(SCHEMA.read_text())

    async def configure(self, request: provider.ConfigureRequest) -> provider.ConfigureResponse:
        return provider.ConfigureResponse(accept_secrets=True)

    async def diff(self, request: provider.DiffRequest) -> provider.DiffResponse:
        old, new = plain(request.old_state), plain(request.new_inputs)
        changed = [name for name in new if new[name] != old.get(name)]
        return provider.DiffResponse(changes=bool(changed), replaces=changed, delete_before_replace=True)

    async def create(self, request: provider.CreateRequest) -> provider.CreateResponse:
        create, _, _ = RESOURCES[request.type]
        id_, outputs = await asyncio.to_thread(create, request.name, **plain(request.properties))
        made = {name: PropertyValue(value) for name, value in outputs.items()}
        return provider.CreateResponse(id_, {**request.properties, **made})

    async def read(self, request: provider.ReadRequest) -> provider.ReadResponse:
        _, exists, _ = RESOURCES[request.type]
        if not await asyncio.to_thread(exists, request.resource_id):
            return provider.ReadResponse("")
        return provider.ReadResponse(request.resource_id, request.properties, request.inputs)

    async def delete(self, request: provider.DeleteRequest) -> None:
        _, _, delete = RESOURCES[request.type]
        await asyncio.to_thread(delete, request.resource_id, plain(request.properties))


if __name__ == "__main__":
    main(sys.argv[1:], "0.1.0", ExampleProvider())
