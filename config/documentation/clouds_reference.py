"""Tables of docs/reference/clouds.md, from the list of the known clouds."""

from collections.abc import Iterator, Sequence

from config.documentation.marked_text import replaced
from huaweicloud.endpoints.clouds import CLOUDS, Area, KnownCloud

BEGIN, END = "<!-- clouds: begin -->\n", "<!-- clouds: end -->"


def page(text: str) -> str:
    """
    Return the page of the clouds with the tables of the present list.

    Raises:
        ValueError: The page lacks a marker.
    """
    rows = [_row(cloud, area) for cloud in CLOUDS for area in cloud.areas]
    overview = _table(("`cloud`", "cloud", "regions", "endpoints"), rows)
    return replaced(text, BEGIN, END, "\n".join([overview, *_details()]))


def _row(cloud: KnownCloud, area: Area) -> tuple[str, ...]:
    regions = ", ".join(f"`{region}`" for region in sorted(area.regions))
    exceptions = [f"{service}: `{pattern}`" for service, pattern in area.exceptions.items()]
    names = f"`{cloud.name}`, `{cloud.domain}`"
    return names, cloud.title, regions, "; ".join([f"`{area.pattern}`", *exceptions])


def _details() -> Iterator[str]:
    for cloud in CLOUDS:
        for area in cloud.areas:
            regions = ", ".join(sorted(area.regions)) if len(area.regions) < 5 else "all other regions"
            yield f"### {cloud.title}: {regions}\n"
            yield "".join(f"- {source}\n" for source in area.sources)
            if area.gaps:
                yield _table(("not documented", "effect"), [(gap.operation, gap.effect) for gap in area.gaps])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
