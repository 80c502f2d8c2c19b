"""The line that summarizes a run."""

from typing import Any

from config.builds.checked_build import Build
from config.prices import Prices
from preflight.plan import plan
from tests.preflight.builds import build

PRICES = Prices(currency="EUR", flavors={"s6.large.2": 0.2}, volumes={"SSD": 0.001}, image_gib_month=0.05)


def line(builds: list[Build], earlier: list[Build], **settings: Any) -> str:
    return str(plan(builds, earlier, **settings))


def test_a_first_run_rents_a_server_for_each_build():
    text = line([build(0), build(1)], [], minutes=25)

    assert text == "this run rents 2 temporary servers for about 25 min each and creates 2 images"


def test_a_changed_build_replaces_its_image():
    text = line([build(0, min_disk=5), build(1), build(2)], [build(0), build(1)])

    assert text == ("this run rents 2 temporary servers for about 30 min each, creates 2 images and replaces 1 of them")


def test_only_what_leads_to_another_image_counts_as_a_change():
    same = build(0, flavor="s7.large.2", availability_zone="lab-1b", image_name="another")

    assert line([same], [build(0)]) == "this run rents no server and creates no image"


def test_asking_for_a_rebuild_replaces():
    assert "replaces 1" in line([build(0, rebuild="2")], [build(0)])


def test_a_build_that_is_configured_no_more_loses_its_image_unless_it_is_retained():
    assert line([], [build(0), build(1, retain_image=True)]) == "this run deletes 1 image"


def test_the_cost_is_that_of_servers_disks_and_images():
    text = line([build(0), build(1)], [], minutes=60, prices=PRICES)

    assert text.endswith("creates 2 images and costs about 0.44 EUR, and at most 1.00 EUR per month")


def test_without_a_price_for_everything_there_is_no_cost():
    assert "costs" not in line([build(0), build(1, flavor="s7.large.2")], [], prices=PRICES)


def test_using_an_earlier_build_makes_nothing():
    assert line([build(0, use_build="0" * 16)], [build(0)]) == "this run rents no server and creates no image"
    assert "replaces 1" in line([build(0)], [build(0, use_build="0" * 16)])


def test_a_test_costs_at_most_its_time_limit():
    tested = build(0, verify={"until": "login:", "timeout_minutes": 30})

    text = line([tested], [], minutes=60, prices=PRICES)

    # an hour of the temporary server with two disks, and half an hour of the server of the test with one
    assert "creates 1 image and tests 1 image for at most 30 min" in text
    assert "costs about 0.33 EUR" in text
    assert "tests 1 image for about 2 min" in line([tested], [], minutes=60, test_minutes=2.0)
