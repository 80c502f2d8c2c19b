"""Builds of an image with every way to sign in, under faults and request limits."""

import threading

from huaweicloud.auth.credentials import (
    AccessKeyCredentials,
    PasswordCredentials,
)
from tests.huaweicloud.against_lab.clients import Region, build_an_image
from tests.labs import RunningLab


def test_an_image_is_built_with_a_password(restored: RunningLab, region: Region, user: PasswordCredentials) -> None:
    cloud = region(user)

    build_an_image(cloud, restored)

    assert cloud.project_id == restored.env["HW_PROJECT_ID"]
    assert restored.operations().count("keystone_create_user_token_by_password") == 1


def test_an_image_is_built_with_a_key(restored: RunningLab, region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)

    build_an_image(cloud, restored)

    assert cloud.request_counts["iam"] == 1


def test_an_image_is_built_while_tokens_last_seconds(
    restored: RunningLab, region: Region, user: PasswordCredentials
) -> None:
    three_seconds = 3 * 600
    restored.change_settings(token_lifetime_s=2, guest={"install_s": three_seconds})

    build_an_image(region(user), restored)

    assert restored.operations().count("keystone_create_user_token_by_password") > 1
    assert not [entry for entry in restored.journal() if entry["status"] == 401]


def test_an_image_is_built_while_half_of_all_responses_are_lost(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    cloud = region(key)
    restored.fault("reset", method="GET", every=2)
    restored.fault("truncate", method="DELETE", every=2, phase="after")
    restored.fault("reset", operation="create_post_paid_servers", phase="after", nth=1)

    build_an_image(cloud, restored)

    assert restored.operations().count("create_post_paid_servers") == 2


def test_an_image_is_built_under_a_tight_request_limit(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    restored.change_settings(throttle={"limit": 1, "period_s": 1})

    build_an_image(region(key), restored)

    assert any(entry["status"] == 429 for entry in restored.journal())


def test_many_threads_share_a_client_under_a_request_limit(
    restored: RunningLab, region: Region, user: PasswordCredentials
) -> None:
    restored.change_settings(throttle={"limit": 20, "period_s": 1})
    cloud = region(user)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(cloud.ecs.list_flavors()))) for _ in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 48
    assert len(set(found)) == 1
