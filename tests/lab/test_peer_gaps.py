"""The page on other clients, which lists the requests of their sources that the lab does not offer, and no others."""

import os

from tests.clients import gaps
from tests.labs import RunningLab


def test_the_page_lists_the_requests_that_the_lab_does_not_offer(lab: RunningLab) -> None:
    text = gaps.table(gaps.offered(lab))
    if os.environ.get("WRITE_CLIENTS"):
        gaps.write(text)
    assert gaps.documented() == text
