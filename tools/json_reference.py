"""Write docs/json.md from the types of what is printed, or check with --check that it is in step.

Names and types of fields come from dataclasses and typed dictionaries, meanings from the comments beside
them, and units from the names, which follow one glossary.  A field without a meaning is an error.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from json_fields import Field, described, fields_of
from json_sections import GLOSSARY, INTRODUCTION, SECTIONS, UNITS, Section

PAGE = Path("docs/json.md")
UNITED = ("Estimate", "Quantity", "Interval", "Band")  # objects whose numbers have the unit of their field
Row = tuple[str, str, str]  # path, type with unit, meaning


def page() -> str:
    """Return the reference as Markdown."""
    titles = shared()
    sections = [section.title for section in SECTIONS]
    objects = [
        f"### {title}\n\n{_first_line(kind)}\n\n{_table(rows(kind, titles))}"
        for kind, title in sorted(titles.items(), key=lambda item: item[1])
        if title not in sections
    ]
    blocks = [_block(section, titles) for section in SECTIONS]
    return "\n".join([INTRODUCTION, *blocks, "## Objects that stand in several places\n", *objects])


def shared() -> dict[type, str]:
    """Return the types of objects that stand at several places of the page, with where each is described."""
    seen: Counter[type] = Counter()
    for kind in (kind for section in SECTIONS for kind in section.kinds):
        _count(kind, seen)
    several = [kind for kind, count in seen.items() if count > 1]
    names = Counter(kind.__name__ for kind in several)
    whole = {section.kinds[0]: section.title for section in reversed(SECTIONS)}
    return {kind: whole.get(kind) or _title(kind, alone=names[kind.__name__] == 1) for kind in several}


def _count(kind: type, seen: Counter[type]) -> None:
    seen[kind] += 1
    if seen[kind] == 1:
        for field in fields_of(kind):
            if inside := described(field.kind).inside:
                _count(inside, seen)


def _title(kind: type, *, alone: bool) -> str:
    first, *others = re.findall(r"[A-Z][a-z0-9]*", kind.__name__)
    package = kind.__module__.split(".")[1]
    return " ".join([first, *(word.lower() for word in others)]) + ("" if alone else f", {package}")


def rows(kind: type, titles: Mapping[type, str], prefix: str = "") -> Iterator[Row]:
    """Yield a row for every field of ``kind``; objects that have a title are linked to."""
    for field in fields_of(kind):
        words, names, items, inside = described(field.kind)
        path = f"{prefix}{field.name}{names}"
        if inside in titles:
            words = re.sub("objects?", f"[{titles[inside]}](#{_anchor(titles[inside])})", words)
        yield path, ", ".join(filter(None, (words, unit(field)))), meaning(field)
        if inside is not None and inside not in titles:
            yield from rows(inside, titles, f"{path}{items}.")


def meaning(field: Field) -> str:
    """Return what a field means: its comment, with its name's own meaning or its type's where that lacks."""
    words, _, items, inside = described(field.kind)
    said = _for_a_page(field.comment)
    if not said or said.startswith("null") or said == unit(field):
        each = "each: " if items else ""
        named = GLOSSARY.get(field.name) if inside is None or inside.__name__ in UNITED else None
        known = named or (inside and each + _lowered(_first_line(inside)))
        said = "; ".join(filter(None, (known, said if said.startswith("null") else ""))) or said
    if not said:
        raise ValueError(f"nothing says what {field.name} ({words}) means; write a comment beside it")
    return said + ("; may be left out" if field.optional else "")


def unit(field: Field) -> str:
    """Return the unit that a field's name stands for; empty for what has none."""
    words, _, _, inside = described(field.kind)
    if re.search("number|integer", words) or (inside is not None and inside.__name__ in UNITED):
        return next((unit for pattern, unit in UNITS.items() if re.fullmatch(pattern, field.name)), "")
    return ""


def _first_line(kind: type) -> str:
    return _for_a_page((kind.__doc__ or "").strip().split("\n")[0])


def _for_a_page(said: str) -> str:
    return re.sub(r"\bNone\b", "null", said.replace("``", "`"))


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _anchor(title: str) -> str:
    return re.sub("[^a-z0-9-]", "", title.lower().replace(" ", "-"))


def _block(section: Section, titles: Mapping[type, str]) -> str:
    found = (row for kind in section.kinds for row in rows(kind, titles))
    return f"## {section.title}\n\n{section.prose}\n\n    {section.command}\n\n{_table(found)}"


def _table(found: Iterable[Row]) -> str:
    lines = [f"| `{path}` | {typed} | {said} |" for path, typed, said in found]
    return "\n".join(["| field | type, unit | meaning |", "|---|---|---|", *lines]) + "\n"


def main() -> int:
    """Write the page, or compare; return the exit status."""
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print(f"{PAGE} is not in step with the types of what is printed; run: make docs")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
