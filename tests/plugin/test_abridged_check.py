"""The check of a build: its outputs have a digest in place of the settings, and diff() still compares all of them."""

from plugin.wire import UNKNOWN
from tests.e2e.project import build_settings
from tests.plugin.conftest import Engine


def test_a_check_keeps_the_settings_of_its_builds_once(engine: Engine, lab):
    news = {"region": "lab-1", "faults": [], "builds": [build_settings(lab.env, name="golden")], "mode": "off"}
    checked = engine.of("Preflight", "Check", "CheckRequest", news=news)["inputs"]
    created = engine.of("Preflight", "Create", "CreateRequest", properties=checked)
    other = {**checked, "builds": [{**checked["builds"][0], "image_name": "other"}]}
    later = {**checked, "builds": [{**checked["builds"][0], "flavor": UNKNOWN}]}

    def changes(state, new) -> str:
        return str(engine.of("Preflight", "Diff", "DiffRequest", id=created["id"], olds=state, news=new)["changes"])

    state = created["properties"]
    assert [{"name": "golden", "image_name": checked["builds"][0]["image_name"]}] == state["builds"]
    assert checked["region"] == state["region"]
    assert ["DIFF_NONE", "DIFF_SOME", "DIFF_SOME"] == [changes(state, new) for new in (checked, other, later)]
    updated = engine.of("Preflight", "Update", "UpdateRequest", id=created["id"], olds=state, news=other)["properties"]
    assert ["DIFF_SOME", "DIFF_NONE"] == [changes(updated, new) for new in (checked, other)]
    assert "DIFF_NONE" == changes(checked, checked), "a state of an earlier version, whose outputs repeat them"
