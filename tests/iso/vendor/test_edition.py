"""Edition of the changes to media, which the names of uploads follow from: raised if answers give another copy."""

import hashlib
import json
from dataclasses import replace

from config.answers.recorded_answers import EDITION
from iso.vendor.boot_paths import CONFIGURATION, _change_texts
from iso.vendor.installers import additions
from tests.iso.vendor import media
from tests.iso.vendor.conftest import answers as given

CHANGES = "971a59c211921e9cbd58650699ed67bc6aa0e86c7673d284b66646e7508ae93b"
"""Digest of all changes of the edition."""


def changes_of_all_layouts() -> str:
    """Return a digest of the new files and the changed menus of each layout, without the programs that write them."""
    found = {}
    for name, layout in sorted((name, make()) for name, make in media.LAYOUTS.items()):
        answers = replace(given(media.KINDS[name]), parameters=("console=tty0",))
        added = additions(answers, answers.parameters)
        texts = {path: content.decode("latin-1") for path, content in layout.files.items() if CONFIGURATION.match(path)}
        grub, isolinux, entries = _change_texts(texts, added.change)
        files = {path: hashlib.sha256(content).hexdigest() for path, content in added.files.items()}
        found[name] = [files, {**grub, **isolinux}, entries]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def test_the_changes_are_those_of_the_recorded_edition() -> None:
    """
    If this test fails, existing uploads differ from new ones of the same name.

    Raise EDITION and record the digest, if the change matters to users: their next `up` builds a new image.
    """
    assert (1, CHANGES) == (EDITION, changes_of_all_layouts())
