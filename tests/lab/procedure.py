"""The procedure of a tolerant client, with a record of the lab's behaviour."""

import time
from typing import Any

import requests

from tests.lab.plain import DEBIAN, Raw
from tests.labs import wait_for

Body = dict[str, Any]
ALL_GRANTED = "enterprise_project_id=all_granted_eps"  # so that rights from an enterprise project suffice
UNKNOWN_AT_FIRST_S = 3.0  # a job that is not known after that was too short to be seen


class Procedure:
    """ISO image, server, installation, capture and deletion; ``seen`` records observations."""

    def __init__(self, raw: Raw) -> None:
        self.raw, self.env = raw, raw.env
        self.seen: dict[str, Any] = {}
        self.images: set[str] = set()

    def run(self) -> "Procedure":
        iso_id = self.iso_image()
        server_id = self.server(iso_id)
        self.wait_for_power_off(server_id)
        self.note_console(server_id)
        self.stop(server_id)
        image_id = self.capture(self.data_disk(server_id))
        self.delete_server(server_id)
        self.note_images(image_id)
        for each in (image_id, iso_id):
            self.delete_image(each)
        return self

    def image_order(self, **changes: Any) -> Body:
        known = {"name": "iso", "type": "IsoImage", "image_url": "lab-images:installer.iso", "min_disk": 40}
        tags = [{"key": "k", "value": "v"}]
        return {**known, "os_version": DEBIAN, "image_tags": tags, **changes}

    def server_order(self, image_id: str, **changes: Any) -> Body:
        server = {
            "imageRef": image_id,
            "flavorRef": "s6.large.2",
            "name": "builder",
            "vpcid": self.env["HW_VPC_ID"],
            "nics": [{"subnet_id": self.env["HW_SUBNET_ID"]}],
            "root_volume": {"volumetype": "SAS", "size": "40"},
            "data_volumes": [{"volumetype": "SAS", "size": "40"}],
            "metadata": {"virtual_env_type": "IsoImage"},
            "extendparam": {"diskPrior": "true"},
            "server_tags": [{"key": "k", "value": "v"}],
        }
        return {"server": {**server, **changes}}

    def post(self, service: str, path: str, body: Body) -> Body:
        """Repeat a POST until it is accepted: a response without a job id and with status 2xx is a flow limit."""

        def attempt() -> Body | None:
            response = self.raw.send(service, "POST", path, json=body)
            assert response.status_code < 300, response.text
            if "job_id" not in response.json():
                self.seen["flow_limit"] = response.status_code
                return None
            accepted: Body = response.json()
            return accepted

        return wait_for(attempt, "acceptance")

    def image_job(self, job_id: str) -> str:
        """Return the image id of an ended image job."""
        job = self.ended("ims", job_id)
        assert job["status"] == "SUCCESS", job
        self.seen["image_job"] = job
        entities = job["entities"]
        parts = [entities, *(part["entities"] for part in entities.get("sub_jobs_result", ()))]
        named = next((str(part["image_id"]) for part in parts if "image_id" in part), None)
        image_id = named or self.newest_image()
        self.images.add(image_id)
        return image_id

    def newest_image(self) -> str:
        """Return the image that was requested last, because its job may have vanished without naming it."""

        def find() -> str | None:
            listed: list[Body] = self.raw.send(
                "ims", "GET", f"/v2/cloudimages?__imagetype=private&{ALL_GRANTED}"
            ).json()["images"]
            new = [image["id"] for image in listed if image["id"] not in self.images]
            return str(new[0]) if new else None

        return wait_for(find, "the new image in the list")

    def ended(self, service: str, job_id: str) -> Body:
        running: list[Body] = []
        unknown_until = time.monotonic() + UNKNOWN_AT_FIRST_S

        def find() -> Body | None:
            response = self.raw.send(service, "GET", f"/v1/{{project}}/jobs/{job_id}")
            if response.status_code != 200:  # not known yet, or not any more
                last = running[-1] if running else {"entities": {}}
                return {**last, "status": "SUCCESS"} if running or time.monotonic() > unknown_until else None
            job: Body = response.json()
            if job["status"] in ("INIT", "RUNNING"):
                running.append(job)
                self.seen[f"running_{service}_job"] = job
            return job if job["status"] in ("SUCCESS", "FAIL") else None

        return wait_for(find, "the job's end")

    def iso_image(self) -> str:
        return self.image_job(self.post("ims", "/v2/cloudimages/action", self.image_order())["job_id"])

    def get_server(self, server_id: str) -> requests.Response:
        return self.raw.send("ecs", "GET", f"/v1/{{project}}/cloudservers/{server_id}")

    def server(self, iso_id: str) -> str:
        accepted = self.post("ecs", "/v1/{project}/cloudservers", self.server_order(iso_id))
        server_id = str(accepted["serverIds"][0])
        early = self.get_server(server_id)
        self.seen["during_create"] = early.status_code
        if early.status_code == 200 and early.json()["server"]["status"] == "BUILD":
            attached = early.json()["server"]["os-extended-volumes:volumes_attached"]
            self.seen["disks_during_build"] = len(attached)
        job = self.ended("ecs", accepted["job_id"])
        assert job["status"] == "SUCCESS", job
        return server_id

    def data_disk(self, server_id: str) -> str:
        disks = self.get_server(server_id).json()["server"]["os-extended-volumes:volumes_attached"]
        self.seen["boot_indexes"] = [disk["bootIndex"] for disk in disks]
        (data,) = (disk["id"] for disk in disks if disk["bootIndex"] != "0")
        volume = self.raw.send("evs", "GET", f"/v2/{{project}}/cloudvolumes/{data}").json()["volume"]
        self.seen["bootable"] = volume["bootable"]
        return str(data)

    def wait_for_power_off(self, server_id: str) -> None:
        def is_off() -> bool:
            server = self.get_server(server_id).json()["server"]
            self.seen["off"] = (server["status"], server["OS-EXT-STS:power_state"])
            self.seen["server_tags"] = server["tags"]
            return bool(server["OS-EXT-STS:power_state"] == 4)

        wait_for(is_off, "the guest's power-off")

    def stop(self, server_id: str) -> None:
        """Stop a server that the cloud reports as running although its guest is off."""
        if self.seen["off"][0] == "ACTIVE":
            body = {"os-stop": {"servers": [{"id": server_id}]}}
            self.ended("ecs", self.post("ecs", "/v1/{project}/cloudservers/action", body)["job_id"])

    def note_console(self, server_id: str) -> None:
        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        path = f"/v1/{{project}}/cloudservers/{server_id}/remote_console"
        self.seen["console"] = self.raw.send("ecs", "POST", path, json=body).status_code

    def capture(self, volume_id: str) -> str:
        order = {"name": "golden", "volume_id": volume_id, "type": "ECS", "os_version": DEBIAN}
        accepted = self.post("ims", "/v2/cloudimages/action", {**order, "image_tags": [{"key": "k", "value": "v"}]})
        volume = self.raw.send("evs", "GET", f"/v2/{{project}}/cloudvolumes/{volume_id}").json()["volume"]
        self.seen["captured_volume"] = volume["status"]
        return self.image_job(accepted["job_id"])

    def delete_server(self, server_id: str) -> None:
        body = {"servers": [{"id": server_id}], "delete_volume": True}
        job = self.ended("ecs", self.post("ecs", "/v1/{project}/cloudservers/delete", body)["job_id"])
        assert job["status"] == "SUCCESS", job
        states: list[str] = []

        def is_gone() -> bool:
            response = self.get_server(server_id)
            gone = response.status_code == 404
            states.append("404" if gone else response.json()["server"]["status"])
            self.seen["missing_server"] = response.json()["error"] if gone else None
            return gone or states[-1] == "DELETED"

        wait_for(is_gone, "the server's end")
        self.seen["after_delete"] = states[0]

    def note_images(self, image_id: str) -> None:
        def find() -> Body | None:
            listed: Body = self.raw.send("ims", "GET", f"/v2/cloudimages?id={image_id}&{ALL_GRANTED}").json()
            self.seen["image_list"] = listed
            return listed["images"][0] if listed["images"] else None

        self.seen["image"] = wait_for(find, "the image in the list")
        self.seen["image_error"] = self.raw.send("ims", "GET", f"/v2/cloudimages?limit=x&{ALL_GRANTED}").json()
        self.seen["server_error"] = self.raw.send(
            "ecs", "GET", f"/v1/{{project}}/cloudservers/detail?limit=x&{ALL_GRANTED}"
        ).json()
        self.seen["unknown_job"] = self.raw.send("ims", "GET", f"/v1/cloudimages/job/{'f' * 32}").status_code

    def delete_image(self, image_id: str) -> None:
        assert self.raw.send("ims", "DELETE", f"/v2/images/{image_id}").status_code == 204
        path = f"/v2/cloudimages?id={image_id}&{ALL_GRANTED}"
        wait_for(lambda: not self.raw.send("ims", "GET", path).json()["images"], "the image's end")
        again = self.raw.send("ims", "DELETE", f"/v2/images/{image_id}")
        self.seen["missing_image"] = (again.status_code, again.headers["Content-Type"])
