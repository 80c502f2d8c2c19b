"""A server as a dynamic resource, for this example; a real program takes it from a provider for Huawei Cloud."""

from typing import Any

import pulumi
from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

from huaweicloud.ecs import CreateServer, Volume
from huaweicloud.polling import wait_for_job
from providers.lifecycle import deletion
from providers.runtime import clients, process


class ServerProvider(ResourceProvider):
    """Creates a server with one disk, and deletes it with that disk."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        clients.configure(req.config)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = [key for key in _news if key != "__provider" and _olds.get(key) != _news[key]]
        return DiffResult(changes=bool(changed), replaces=changed, delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> CreateResult:
        cloud = clients.cloud(props["region"])
        request = CreateServer(
            name=props["name"],
            image_id=props["image_id"],
            flavor_id=props["flavor"],
            vpc_id=props["vpc_id"],
            subnet_ids=[props["subnet_id"]],
            root_volume=Volume(volume_type="SSD", size=int(props["root_volume_size"])),
            availability_zone=props["availability_zone"],
        )
        created = cloud.ecs.create_server(request, None)
        job = wait_for_job(
            cloud.ecs.get_job,
            created.job_id,
            subject=f"server {props['name']}",
            timeout_s=1800,
            cancelled=process.cancelled,
        )
        return CreateResult(str(job.server_id), {key: value for key, value in props.items() if key != "__provider"})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        server = clients.cloud(props["region"]).ecs.get_server(id_)
        return ReadResult(id_, props) if server else ReadResult("", {})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        deletion.delete_server(clients.cloud(_props["region"]), _id, ())


class Server(Resource, module="downstream", name="Server"):
    """A running server; its id is the cloud's."""

    image_id: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(ServerProvider(), name, args, opts)
