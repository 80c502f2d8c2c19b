"""Random sequences of requests, with crashes between them, against a simple model of the cloud."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.lab.conftest import put_iso
from tests.lab.plain import DEBIAN, Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab

SCALE = 5000.0
JOB_S = 1000.0
"""Lab seconds: long enough for an interruption, short enough for many jobs."""
IMAGES, SERVERS = 4, 3
MEANWHILE = st.sampled_from(["goes on"] * 4 + ["is restarted", "crashes"])
"""Changes of the lab after a request was accepted."""


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    folder: Path = tmp_path_factory.mktemp("stateful")
    running = RunningLab.start(folder / "state", time_scale=SCALE)
    try:
        put_iso(running, folder)
        long = dict.fromkeys(("import_image", "create_server", "capture_image", "delete_server"), JOB_S)
        running.change_settings(quotas={"images": IMAGES, "servers": SERVERS}, durations=long)
        yield running
    finally:
        running.stop()


class Cloud(RuleBasedStateMachine):
    """Actions of a user with the state that must follow: nothing is lost or left, ids are unique, quotas hold."""

    lab: ClassVar[RunningLab]
    isos, images, servers = Bundle("isos"), Bundle("images"), Bundle("servers")

    @initialize()
    def begin(self) -> None:
        self.raw = Raw(self.lab)
        self.steps = Procedure(self.raw)
        self.known_images: dict[str, dict[str, str]] = {}
        self.known_servers: dict[str, str] = {}
        self.ids: set[str] = set()

    @rule(target=isos, meanwhile=MEANWHILE)
    def make_iso_image(self, meanwhile: str) -> Any:
        response = self.raw.send("ims", "POST", "/v2/cloudimages/action", json=self.steps.image_order(image_tags=[]))
        self._interrupt(meanwhile)
        return self._made_image(response)

    @rule(target=images, server=servers, meanwhile=MEANWHILE)
    def capture(self, server: str, meanwhile: str) -> Any:
        self.steps.wait_for_power_off(server)
        disk = self.steps.data_disk(server)
        order = {"name": "golden", "volume_id": disk, "type": "ECS", "os_version": DEBIAN}
        response = self.raw.send("ims", "POST", "/v2/cloudimages/action", json=order)
        self._interrupt(meanwhile)
        return self._made_image(response)

    def _made_image(self, response: Any) -> Any:
        if len(self.known_images) >= IMAGES:
            assert response.json()["error"]["code"] == "IMG.0015"
            return multiple()
        image_id = self.steps.image_job(response.json()["job_id"])
        self._is_new(image_id)
        self.known_images[image_id] = {}
        return image_id

    @rule(image=st.one_of(consumes(isos), consumes(images)))
    def delete_image(self, image: str) -> None:
        self.steps.delete_image(image)
        del self.known_images[image]

    @rule(image=st.one_of(isos, images), key=st.sampled_from("abc"), value=st.sampled_from("xyz"))
    def tag_image(self, image: str, key: str, value: str) -> None:
        body = {"tag": {"key": key, "value": value}}
        response = self.raw.send("ims", "POST", f"/v2/{{project}}/images/{image}/tags", json=body)
        assert response.status_code == 204
        self.known_images[image][key] = value

    @rule(target=servers, image=isos, meanwhile=MEANWHILE)
    def make_server(self, image: str, meanwhile: str) -> Any:
        response = self.raw.send("ecs", "POST", "/v1/{project}/cloudservers", json=self.steps.server_order(image))
        self._interrupt(meanwhile)
        if len(self.known_servers) >= SERVERS:
            assert response.json()["error"]["code"] == "Ecs.0001"
            return multiple()
        assert self.steps.ended("ecs", response.json()["job_id"])["status"] == "SUCCESS"
        server_id = response.json()["serverIds"][0]
        self._is_new(server_id)
        self.known_servers[server_id] = image
        return server_id

    @rule(server=servers, action=st.sampled_from(["os-start", "os-stop", "reboot"]))
    def switch(self, server: str, action: str) -> None:
        self.steps.wait_for_power_off(server)
        body = {action: {"servers": [{"id": server}], "type": "SOFT"}}
        response = self.raw.send("ecs", "POST", "/v1/{project}/cloudservers/action", json=body)
        assert self.steps.ended("ecs", response.json()["job_id"])["status"] == "SUCCESS"
        if action != "os-stop":
            stop = {"os-stop": {"servers": [{"id": server}], "type": "HARD"}}
            response = self.raw.send("ecs", "POST", "/v1/{project}/cloudservers/action", json=stop)
            assert self.steps.ended("ecs", response.json()["job_id"])["status"] == "SUCCESS"

    @rule(server=consumes(servers), meanwhile=MEANWHILE)
    def delete_server(self, server: str, meanwhile: str) -> None:
        body = {"servers": [{"id": server}], "delete_volume": True}
        response = self.raw.send("ecs", "POST", "/v1/{project}/cloudservers/delete", json=body)
        self._interrupt(meanwhile)
        assert self.steps.ended("ecs", response.json()["job_id"])["status"] == "SUCCESS"
        del self.known_servers[server]

    @rule(meanwhile=MEANWHILE)
    def do_nothing(self, meanwhile: str) -> None:
        self._interrupt(meanwhile)

    def _interrupt(self, meanwhile: str) -> None:
        """Stop or kill the lab during any work, and start it again."""
        if meanwhile != "goes on":
            self.lab.restart(crash=meanwhile == "crashes", time_scale=SCALE)

    def _is_new(self, new_id: str) -> None:
        assert new_id not in self.ids
        self.ids.add(new_id)

    @invariant()
    def everything_known_is_there_and_nothing_else(self) -> None:
        if not hasattr(self, "raw"):
            return
        images = self.raw.send("ims", "GET", "/v2/cloudimages?__imagetype=private").json()["images"]
        assert {i["id"]: sorted(i["tags"]) for i in images} == {
            image: sorted(f"{k}={v}" for k, v in tags.items()) for image, tags in self.known_images.items()
        }
        servers = self.raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail").json()["servers"]
        assert {s["id"] for s in servers} == set(self.known_servers)
        volumes = self.raw.send("evs", "GET", "/v2/{project}/cloudvolumes/detail").json()["volumes"]
        assert len(volumes) == 2 * len(self.known_servers)
        assert {v["attachments"][0]["server_id"] for v in volumes} == set(self.known_servers)
        used = self.raw.send("ims", "GET", "/v1/cloudimages/quota").json()["quotas"]["resources"][0]["used"]
        assert used == len(self.known_images)

    def teardown(self) -> None:
        if not hasattr(self, "raw"):
            return
        for server in self.known_servers:
            self.steps.delete_server(server)
        for image in self.known_images:
            self.steps.delete_image(image)
        self.lab.wait_for_jobs()
        assert list((self.lab.state / "compute" / "images").iterdir()) == []
        self.raw.__exit__()


def test_random_sequences_agree_with_a_simple_model(own_lab: RunningLab) -> None:
    Cloud.lab = own_lab
    run_state_machine_as_test(
        Cloud,
        settings=settings(
            max_examples=5,
            stateful_step_count=10,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
