"""Builds, crashes, interference and deletions in any order: no second server, nothing lost, nothing left behind."""

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from config.constraints import TAG_KEY
from huaweicloud.errors import CloudError
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.conftest import empty
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack

REQUESTS_OF_A_RUN = 60
LIFE = st.one_of(st.none(), st.tuples(st.integers(1, REQUESTS_OF_A_RUN), st.sampled_from(["before", "after"])))


class Walk(RuleBasedStateMachine):
    """A stack with all events that can happen to it; a run may die at any request."""

    lab: RunningLab
    cloud: CloudView

    @initialize()
    def begin(self) -> None:
        new_process()
        self.stack = Stack(self.lab.env)
        self.trail: list[str] = []
        self.applied: dict[str, object] | None = None
        self.lab.clear_journal()

    @rule(life=LIFE, refresh=st.booleans())
    def up(self, life: Any, refresh: bool) -> None:
        self._say(f"up, refresh: {refresh}, {self.stack.settings}")
        finished = self._run(life, lambda: (self.stack.refresh() if refresh else self.stack).up())
        self.applied = dict(self.stack.settings) if finished else None
        if finished and refresh:
            self._is_complete()

    @rule(life=LIFE)
    def destroy(self, life: Any) -> None:
        self._say("destroy")
        self.applied = None
        if self._run(life, self.stack.destroy):
            self._is_empty()

    @rule(life=LIFE)
    def refresh(self, life: Any) -> None:
        self._say("refresh")
        self._run(life, self.stack.refresh)

    @rule(value=st.sampled_from(["", "1", "2"]), keep=st.sampled_from([0, 1]))
    def change(self, value: str, keep: int) -> None:
        self.stack.settings = {"rebuild": value, "keep_images": keep}

    @rule(place=st.integers(0, 3))
    def lose_an_image(self, place: int) -> None:
        images = self._images()
        if images and images[place % len(images)]["status"] == "active":
            self._say(f"lose {images[place % len(images)]['name']}")
            self.cloud.delete_image(images[place % len(images)]["id"])
            self._calm()

    @rule(place=st.integers(0, 3), what=st.sampled_from(["name", "mark", "protected"]))
    def change_an_image(self, place: int, what: str) -> None:
        known = [resource.id for name, resource in self.stack.state.items() if name in ("image", "iso")]
        # Only the ownership tag leads to resources outside the state: without it, a person has to search.
        images = [image for image in self._images() if image["id"] in known and image["status"] == "active"]
        if not images:
            return
        if what == "protected" and self.applied != self.stack.settings:
            return  # a protection is lifted from what stays, not from what a change that is pending would delete
        image = images[place % len(images)]
        self._say(f"change {what} of {image['name']}")
        if what == "name":
            self.cloud.change_image(image["id"], "name", "changed")
        elif what == "mark":
            self.cloud.remove_tag(image["id"], TAG_KEY)
        else:
            self.cloud.change_image(image["id"], "protected", True)
        if what != "name":  # the next refresh repairs it; until then nobody may be asked to delete it
            self._run(None, lambda: self.stack.refresh().up())

    @rule()
    def lose_the_servers(self) -> None:
        self._calm()
        if self.cloud.servers():
            self._say("lose the servers")
            self.cloud.delete_servers()

    def _images(self) -> list[dict[str, Any]]:
        return sorted(self.cloud.images(), key=lambda image: str(image["created_at"]))

    @invariant()
    def a_build_has_one_server(self) -> None:
        names = Counter(server["name"] for server in self.cloud.servers()) if hasattr(self, "stack") else Counter()
        assert [] == [name for name, count in names.items() if count > 1]

    def teardown(self) -> None:
        try:
            self._run(None, lambda: self.stack.refresh().up())
            self._is_complete()
            self._run(None, self.stack.destroy)
            self._is_empty()
        finally:
            empty(self.lab)

    def _run(self, life: Any, work: Any) -> bool:
        """Run a command to its end or to its crash, and return true if it has ended."""
        finished = False
        with crash_at(*(life or (1_000_000, "before"))):
            try:
                work()
                finished = True
            except (CloudError, AssertionError) as error:
                # Only a refresh finds what was lost outside, and the message recommends it.
                if "--refresh" not in f"{error} {getattr(error, 'hint', '')}":
                    raise
                self._say(f"ended: {error}")
        self._calm()
        self._say(f"{'finished' if finished else f'ended at {life}'}, {self.stack.done}")
        self.stack.done.clear()
        return finished

    def _say(self, what: str) -> None:
        self.trail.append(what)

    def _is_empty(self) -> None:
        things = [*self.cloud.images(), *self.cloud.servers(), *self.cloud.volumes()]
        assert [] == [(thing["name"], thing["status"], thing.get("tags")) for thing in things], self.trail

    def _is_complete(self) -> None:
        images = [i["id"] for i in self.cloud.images("FusionCompute") if ".kept." not in str(i["tags"])]
        assert [self.stack["image"].id] == images, self.trail
        assert ([], []) == (self.cloud.servers(), self.cloud.volumes()), self.trail
        assert 1 == len(self.cloud.images("IsoImage")), self.trail

    def _calm(self) -> None:
        self.lab.wait_for_jobs()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("walks", [6, pytest.param(60, marks=pytest.mark.matrix)])
def test_any_sequence_keeps_the_promises(lab: RunningLab, cloud: CloudView, walks: int) -> None:
    Walk.lab, Walk.cloud = lab, cloud
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=int(os.environ.get("WALKS", walks)),
            stateful_step_count=int(os.environ.get("WALK_STEPS", "8")),
            deadline=None,
            database=None,
            derandomize="WALKS" not in os.environ,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert "create_post_paid_servers" in lab.operations()
