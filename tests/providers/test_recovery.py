"""Interrupted runs, and the commands of docs/how-to/recovery.md that restore the stack."""

import pytest

from providers.runtime import process
from tests.e2e.cloud import CloudView
from tests.labs import wait_for
from tests.providers.crashing import crash_at
from tests.providers.stack import Stack


@pytest.mark.recovery("a `destroy` was interrupted, and the build is wanted after all")
@pytest.mark.parametrize("number", [1, 2])
def test_a_build_whose_destroy_was_interrupted_is_whole_again_after_a_refresh_and_an_up(
    stack: Stack, cloud: CloudView, number: int
) -> None:
    stack.up()
    with crash_at(number, "after", method="DELETE"):
        stack.destroy()
    wait_for(lambda: cloud.everything() == (2 - number, 0, 0), "the end of the deletions that were accepted")

    stack.repaired()

    assert (2, 0, 0) == cloud.everything()
    assert [] == stack.repaired()
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.recovery("`adopts image …`, `adopts server …`")
def test_a_run_adopts_what_an_interrupted_one_has_created(
    stack: Stack, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(process, "log", lambda message, *_, **__: shown.append(message))
    for number in (1, 2, 3):  # the requests for the ISO image, the server and the captured image
        with crash_at(number, "after", method="POST"):
            stack.up()

    stack.up()

    adopted = [message.split(",")[0].split()[:2] for message in shown if message.startswith("adopts")]
    assert {("adopts", "image"), ("adopts", "server")} <= {tuple(words) for words in adopted}
    assert (2, 0, 0) == cloud.everything()
