"""Explanations of a new build whose ISO file is uploaded: the setting that has changed, as phrases for a row."""

from collections.abc import Iterator, Mapping


def explanations(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[str]:
    """
    Yield a phrase for each setting whose content has changed.

    Args:
        old: Digests that the present build was made of, by setting; None if an earlier version has recorded none.
        new: Digests of the configuration; None if the ISO file is in the store already.
    """
    if not old or not new:
        return
    before, now = old.get("answers"), new.get("answers")
    if before and now and before != now:
        yield "answers changed"
    elif before != now:
        yield "answers are not added to the ISO file any more" if before else "answers are added to the ISO file"
    if old.get("iso") != new.get("iso"):
        yield f"the ISO file changed: SHA-256 digest {new.get('iso')}; was {old.get('iso')}"
