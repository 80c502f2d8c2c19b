"""The preflight in the life of a stack: what it asks again, and what it has learned."""

import re

import pytest

from tests.e2e.project import build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("preflight")]


def test_it_asks_only_where_something_has_changed_and_knows_what_is_new(new_project, lab):
    project = new_project()
    first = build_settings(lab.env)
    second = build_settings(lab.env, name="second", image_name="second")
    assert project.up("--policy-pack", "policy").status == 0

    lab.clear_journal()
    unchanged = project.preview("--policy-pack", "policy")
    asked_for = [(entry["service"], entry["method"]) for entry in lab.journal()]
    project.configure(region="lab-1", builds=[{**first, "rebuild": "2"}, second])
    changed = project.preview()
    project.configure(region="lab-1", builds=[second])
    one_gone = project.preview()
    gone = project.destroy()

    assert unchanged.status == 0, unchanged
    assert asked_for == [("obs", "HEAD")]
    assert "creates 2 images and replaces 1 of them" in changed.output
    assert re.search(r"rents 2 temporary servers for about \d+ s each", changed.output), changed
    assert "rents 1 temporary server" in one_gone.output
    assert "deletes 1 image" in one_gone.output
    assert gone.status == 0, gone


def test_the_name_of_an_image_that_another_stack_has_made_is_a_warning(new_project, lab):
    project = new_project()
    assert project.up().status == 0
    project.configure(region="lab-1", builds=[build_settings(lab.env), build_settings(lab.env, name="other")])

    warned = project.preview()
    gone = project.destroy()

    assert warned.status == 0, warned
    assert "builds[1].image_name: 'debian-golden' is already the name of an image that a build" in warned.output
    assert gone.status == 0, gone
