"""The mark on what a build makes: whose it is, and who may delete it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.lifecycle.ownership_tag import TAG_KEY, Mark, is_reserved, new_build_id, without_mark


def test_a_mark_survives_the_services_rules_for_tags():
    mark = Mark.fresh(new_build_id(), "server")

    assert mark == Mark.of(mark.tag)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,36}", TAG_KEY)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,43}", mark.tag[TAG_KEY])


def test_every_owner_is_another_one():
    assert Mark.fresh("b", "iso").owner != Mark.fresh("b", "iso").owner


@pytest.mark.parametrize("key", [TAG_KEY, "Image-From-ISO", "IMAGE-FROM-ISO"])
def test_every_spelling_of_its_key_is_reserved(key):
    mark = Mark.fresh("b", "image")

    assert is_reserved(key)
    assert mark == Mark.of({key: mark.tag[TAG_KEY]})
    assert {} == without_mark({key: "x"})


@pytest.mark.parametrize("key", ["image", "image-from-iso-2", "my-image-from-iso", "image_from_iso"])
def test_other_keys_are_the_users(key):
    assert not is_reserved(key)


@given(st.dictionaries(st.just(TAG_KEY), st.text()))
def test_a_foreign_tag_is_never_mistaken_for_a_mark(tags):
    mark = Mark.of(tags)

    assert mark is None or mark.tag == tags


def test_the_mark_is_not_the_users():
    assert {"a": "b"} == without_mark({"a": "b", **Mark.fresh("b", "iso").tag})
