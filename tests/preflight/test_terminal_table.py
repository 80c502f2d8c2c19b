"""Tables for a terminal, cell by cell."""

from preflight.terminal_table import render


def test_columns_are_as_wide_as_their_widest_cell():
    assert render(("build", "total"), [("debian", "3 s"), ("b", "12 min")], right=[1], ruled=True) == (
        "build    total\n------  ------\ndebian     3 s\nb       12 min"
    )


def test_cells_are_wrapped_to_given_widths_and_keep_their_line_breaks():
    assert render(("key", "text"), [("flavor", "is sold out\n-> choose another")], widths=(6, 8)) == (
        "key     text\nflavor  is sold\n        out\n        ->\n        choose\n        another"
    )
