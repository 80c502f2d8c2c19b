"""The mark on what a build makes: whose it is, and who may delete it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from providers.marks import TAG_KEY, Mark, may_delete, new_build_id, without_mark


def test_a_mark_survives_the_services_rules_for_tags():
    mark = Mark.fresh(new_build_id(), "server")

    assert mark == Mark.of(mark.tag)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,36}", TAG_KEY)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,43}", mark.tag[TAG_KEY])


def test_every_owner_is_another_one():
    assert Mark.fresh("b", "iso").owner != Mark.fresh("b", "iso").owner


def test_only_the_present_owner_may_delete():
    older, newer = Mark.fresh("b", "image"), Mark.fresh("b", "image")

    assert may_delete(newer.tag, newer.owner)
    assert not may_delete(newer.tag, older.owner)
    assert may_delete({"colour": "red"}, older.owner)


@given(st.dictionaries(st.just(TAG_KEY), st.text()))
def test_a_foreign_tag_is_never_mistaken_for_a_mark(tags):
    mark = Mark.of(tags)

    assert mark is None or mark.tag == tags


def test_the_mark_is_not_the_users():
    assert {"a": "b"} == without_mark({"a": "b", **Mark.fresh("b", "iso").tag})
