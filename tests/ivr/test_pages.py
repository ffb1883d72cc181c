"""What the pages name is there: where their links lead, our files, and the modules that they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
DECISIONS = CHECKOUT / "docs" / "decisions"
OURS = "ivr|dialogs|speech|esl|data|docs|tests"
"""Folders of the checkout; what lies in others is a user's, and an example."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?<![\w./-])(?:{OURS})/[\w./-]*[\w/]")
_MODULE = re.compile(rf"python -m ((?:{OURS})(?:\.\w+)+)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """What links to a page's headings end with."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in _HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


def lost_links(page: Path, text: str) -> Iterator[str]:
    """Those that lead nowhere: no such file, or no such heading in it."""
    for link in _LINK.findall(_QUOTED.sub("", _FENCED.sub("", text))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, heading = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (heading and heading not in anchors(target.read_text("utf-8"))):
            yield link


def lost_names(text: str) -> Iterator[str]:
    """Files, folders and modules of ours that are not there; a module's file may lack its ending."""
    for quoted in _QUOTED.findall(_FENCED.sub("", text)):
        names = [*_PATH.findall(quoted), *(name.replace(".", "/") for name in _MODULE.findall(quoted))]
        for name in names:
            if not (CHECKOUT / name).exists() and not (CHECKOUT / f"{name}.py").exists():
                yield name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_what_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [*lost_links(page, text), *lost_names(text)] == []


def test_every_room_of_the_application_is_on_the_map() -> None:
    """Whoever reads the code begins there."""
    code_map = (CHECKOUT / "README.md").read_text("utf-8").partition("## The map of the code")[2]
    rooms = {file.parent.name for file in (CHECKOUT / "ivr").glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"{room}/" not in code_map] == []


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    """A file, a heading, a folder, a module."""
    page = tmp_path / "page.md"
    page.write_text("# The one: `heading`\n", encoding="utf-8")
    links = "[a](gone.md) [b](page.md#the-one-heading) [c](#another) [d](https://example.net)"
    assert list(lost_links(page, links)) == ["gone.md", "#another"]
    names = "`pytest tests/gone.py` `ivr/cli` `dialogs/check` `python -m tests.gone 5` `python -m tests.pace`"
    assert list(lost_names(names)) == ["tests/gone.py", "tests/gone"]


def test_the_index_of_decisions_has_each_of_them_once_and_says_what_was_decided() -> None:
    """A record that is not in it is found by nobody; its title again tells nothing."""
    index = (DECISIONS / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| \[([\w-]+)\]\(([\w-]+\.md)\) \| (.+) \|$", index, re.MULTILINE)
    there = {file.name for file in DECISIONS.glob("*.md")} - {"README.md"}
    assert sorted(file for _, file, _ in rows) == sorted(there)
    for name, file, decided in rows:
        title = _HEADING.findall((DECISIONS / file).read_text("utf-8"))[0]
        assert f"{name}.md" == file
        assert decided.lower() != title.lower()
