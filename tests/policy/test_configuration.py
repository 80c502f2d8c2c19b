"""The pack's configuration file: problems that the engine ignores are reported."""

import json

import pytest

from policy import pack_configuration


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"server-flavour-vcpus": "disabled"}, ["server-flavour-vcpus", "server-flavor-vcpus"]),
        ({"iso-size": {"max_gb": 4}}, ["iso-size.max_gb", "max_gib"]),
        ({"iso-size": "off"}, ["'off'", "disabled"]),
        ({"iso-size": {"enforcementLevel": "fatal"}}, ["'fatal'", "mandatory"]),
        ({"iso-bootable": {"max_gib": 4}}, ["iso-bootable.max_gib"]),
        ({"required-tags": {"tags": {"Image-From-ISO": "x"}}}, ["required-tags.tags", "reserved"]),
        ([], ["must map"]),
    ],
)
def test_what_is_misspelt_is_named(content, words):
    (problem,) = pack_configuration.problems(content)

    for word in words:
        assert word in problem


def test_settings_of_rules_are_known():
    content = {
        "all": "mandatory",
        "iso-size": {"max_gib": 4, "enforcementLevel": "advisory"},
        "required-tags": {"tags": {"owner": ""}},
        "stack-image-names": "disabled",
    }

    assert [] == pack_configuration.problems(content)


def test_the_command_reports_what_is_wrong_with_a_file(tmp_path, capsys):
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps({"iso-sise": "disabled"}))

    assert 1 == pack_configuration.main(str(file))
    assert "iso-sise" in capsys.readouterr().err


def test_a_file_that_is_no_json_is_refused(tmp_path, capsys):
    file = tmp_path / "configuration.json"
    file.write_text("{")

    assert 1 == pack_configuration.main(str(file))
    assert "cannot be read" in capsys.readouterr().err
