"""Errors after the installation: capture, server, quota and teardown."""

from datetime import timedelta

import pytest

from huaweicloud.errors import CloudError
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab, wait_for
from tests.providers.installations import failure_of, lab_time
from tests.providers.stack import Stack


@pytest.mark.recovery("the captured image holds next to nothing")
@pytest.mark.parametrize("place", ["system_disk", "nothing"])
def test_an_image_of_a_disk_that_nothing_was_installed_on_is_refused(
    stack: Stack, lab: RunningLab, cloud: CloudView, place: str
) -> None:
    lab.change_settings(guest={"installs_on": place})

    error = failure_of(stack)

    assert "min_image_size" in str(error)
    assert "nothing was installed on the data disk" in str(error)
    (server,) = cloud.servers()
    assert server["id"] in str(error)
    assert "  | installation finished\n  | powered off" in str(error)
    assert (1, 1, 2) == cloud.everything()

    stack.settings = {"min_image_size": 0.1}
    stack.up()
    assert (2, 0, 0) == cloud.everything()


def test_a_failed_capture_is_repeated_without_a_new_installation(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014", reason="no space")

    with pytest.raises(CloudError, match=r"no space \(IMG\.0014, job") as caught:
        stack.up()

    assert "without a new installation" in caught.value.hint
    assert 1 == len(cloud.servers())
    stack.done.clear()
    assert ["create image", "create teardown"] == stack.up().done


def test_a_server_in_error_is_shown_with_its_fault_and_made_again(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.job_fault("create_server", "boot", "Ecs.0219", reason="no host", leaves_error=True)

    with pytest.raises(CloudError, match=r"no host \(Ecs\.0219"):
        stack.up()

    assert ([], []) == (cloud.servers(), cloud.volumes())
    failed_at = lab_time(lab)
    wait_for(lambda: lab_time(lab) - failed_at > timedelta(seconds=2), "the service's next second")
    stack.up()
    assert (2, 0, 0) == cloud.everything()


def test_a_quota_that_is_reached_in_the_middle_is_named_and_the_next_run_continues(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.change_settings(quotas={"images": 1})

    with pytest.raises(CloudError, match=r"IMG\.0015"):
        stack.up()

    lab.change_settings(quotas={"images": 50})
    stack.done.clear()
    assert ["create image", "create teardown"] == stack.up().done
    assert 1 == lab.operations().count("create_post_paid_servers")


def test_disks_that_are_busy_at_the_deletion_are_waited_for(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    lab.choose(disks_outlive_delete_job="yes")
    lab.change_settings(durations={"delete_volume": 0.5})

    stack.up()

    assert [] == cloud.volumes()


@pytest.mark.recovery("the teardown fails")
def test_a_failed_deletion_of_the_server_leaves_the_image_and_is_repeated(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.fault("status", operation="delete_servers", times=1, status=403, code="Pdp.0001")

    with pytest.raises(CloudError, match=r"Pdp\.0001"):
        stack.up()

    assert (2, 1, 2) == cloud.everything()
    stack.done.clear()
    assert ["create teardown"] == stack.up().done
    assert (2, 0, 0) == cloud.everything()


def test_the_server_outlives_an_image_that_is_not_seen_active(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    """The job of an image says SUCCESS; what counts is the image itself."""
    lab.fault("status", operation="delete_servers", times=1, status=403, code="Pdp.0001")
    with pytest.raises(CloudError):
        stack.up()
    cloud.delete_image(stack["image"].id)
    wait_for(lambda: not cloud.images("FusionCompute"), "the deletion")

    error = failure_of(stack)

    assert "kept until its image is active" in str(error)
    assert 1 == len(cloud.servers())
    stack.done.clear()
    assert ["create image", "create teardown"] == stack.refresh().up().done
