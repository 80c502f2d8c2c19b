"""Every question, asked quickly: that it is answered, not how well."""

import json
from pathlib import Path

import pytest

from bench.__main__ import QUESTIONS, main

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_a_question_is_answered_with_figures_and_a_picture(question: str, tmp_path: Path) -> None:
    main([question, "--quick", "--output", str(tmp_path)])

    (result,) = json.loads((tmp_path / "results.json").read_text())
    assert (question, "quick") == (result["question"], result["size"])
    assert result["ratio"] > 0
    assert result["limit"] > 0
    assert result["raw"]
    assert "<svg" in (tmp_path / result["picture"]).read_text()
