"""Automatic deletion of a temporary server that no run waits for."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from huaweicloud.errors import Cancelled
from providers.lifecycle import lease
from providers.verification.guest_wait import GuestWait
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.installations import ENDLESS, failure_of, installing, lab_time
from tests.providers.stack import Stack


class TestTheDeadManTimer:
    """Time at which the cloud deletes the temporary server, extended during the wait, if the cloud accepts one."""

    def test_a_server_that_nobody_waits_for_is_deleted_by_the_cloud(
        self, stack: Stack, lab: RunningLab, cloud: CloudView
    ) -> None:
        lab.change_settings(guest=ENDLESS)
        stack.lease_minutes = 40
        failure_of(installing(stack))

        (server,) = cloud.servers()
        ends = datetime.fromisoformat(server["auto_terminate_time"])
        assert timedelta(minutes=38) < ends - lab_time(lab) < timedelta(minutes=42)

    def test_the_end_is_put_off_while_somebody_waits(
        self, stack: Stack, lab: RunningLab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lease, "RENEWALS", 40 * 60 * 10)  # every tenth of a second
        lab.change_settings(guest={"install_s": 1})
        stack.lease_minutes = 40

        stack.up()

        assert lab.operations().count("update_server_auto_terminate_time") > 4

    def test_the_server_of_a_test_has_one_too(
        self, stack: Stack, lab: RunningLab, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cancelled(*_: object) -> bool:
            raise Cancelled("the wait")

        monkeypatch.setattr(GuestWait, "_shows_text", cancelled)
        stack.lease_minutes = 40
        stack.settings = {"verify": {"until": "login:"}}
        with pytest.raises(Cancelled):
            stack.up()

        (server,) = cloud.servers()
        ends = datetime.fromisoformat(server["auto_terminate_time"])
        assert server["name"].endswith("-test")
        assert timedelta(minutes=38) < ends - lab_time(lab) < timedelta(minutes=42)

    def test_a_cloud_that_does_not_take_it_is_no_hindrance(
        self, stack: Stack, lab: RunningLab, cloud: CloudView
    ) -> None:
        lab.fault("status", operation="update_server_auto_terminate_time", status=400, code="Ecs.0081")
        stack.lease_minutes = 40

        stack.up()

        assert (2, 0, 0) == cloud.everything()

    @pytest.mark.parametrize(
        ("region", "choice", "minutes"),
        [
            ("cn-north-4", "auto", 180),
            ("eu-west-0", "auto", None),
            ("eu-west-0", "on", 180),
            ("cn-north-4", "off", None),
        ],
    )
    def test_the_regions_that_offer_it_have_it(self, region: str, choice: lease.Choice, minutes: Any) -> None:
        assert minutes == lease.lease_minutes(region, choice, 120)
