"""Durations, sizes and counts in words."""

import pytest

from config.wording import approximate_duration, count, duration


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (4200, "1 h 10 min")]
)
def test_a_duration_to_the_second(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2.6, "3 s"), (100, "2 min"), (3590, "1 h 00 min"), (172_700, "47 h 58 min"), (400_000, "4 d")],
)
def test_a_duration_to_the_minute(seconds, words):
    assert approximate_duration(seconds) == words


def test_a_noun_agrees_with_its_number():
    assert [count(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
