"""Ownership tag of everything that a build creates: its owner and its key."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.constraints import TAG_KEY, is_reserved
from providers.lifecycle.ownership_tag import OwnershipTag, new_build_id, without_ownership_tag


def test_an_ownership_tag_satisfies_the_services_rules_for_tags():
    tag = OwnershipTag.fresh(new_build_id(), "server")

    assert tag == OwnershipTag.of(tag.as_tags)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,36}", TAG_KEY)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,43}", tag.as_tags[TAG_KEY])


def test_every_owner_is_another_one():
    assert OwnershipTag.fresh("b", "iso").owner != OwnershipTag.fresh("b", "iso").owner


@pytest.mark.parametrize("key", [TAG_KEY, "Image-From-ISO", "IMAGE-FROM-ISO"])
def test_every_spelling_of_its_key_is_reserved(key):
    tag = OwnershipTag.fresh("b", "image")

    assert is_reserved(key)
    assert tag == OwnershipTag.of({key: tag.as_tags[TAG_KEY]})
    assert {} == without_ownership_tag({key: "x"})


@pytest.mark.parametrize("key", ["image", "image-from-iso-2", "my-image-from-iso", "image_from_iso"])
def test_other_keys_are_the_users(key):
    assert not is_reserved(key)


@given(st.dictionaries(st.just(TAG_KEY), st.text()))
def test_a_foreign_tag_is_never_mistaken_for_an_ownership_tag(tags):
    tag = OwnershipTag.of(tags)

    assert tag is None or tag.as_tags == tags


def test_the_ownership_tag_is_not_one_of_the_users_tags():
    assert {"a": "b"} == without_ownership_tag({"a": "b", **OwnershipTag.fresh("b", "iso").as_tags})
