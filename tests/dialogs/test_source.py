"""Files as people write them: what stays text, where things stand, and what is refused in bounded time."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.errors import FlowsInvalid
from dialogs.source import LARGEST_FILE, named_below, nearest, parse, read


def mistakes(text: str) -> list[str]:
    with pytest.raises(FlowsInvalid) as fault:
        parse(text, "x.yaml")
    return [str(problem) for problem in fault.value.problems]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [("no", "no"), ("yes", "yes"), ("on", "on"), ("09:30", "09:30"), ("+34600", "+34600"), ("007", "007"),
     ("0x1F", "0x1F"), ("1_000", "1_000"), ("1e3", "1e3"), ("12", 12), ("-3", -3), ("1.5", 1.5),
     ("true", True), ("null", None), ("", None), ('"12"', "12"), ("True", "True"), ("2026-11-23", "2026-11-23"),
     (".inf", ".inf"), ("0o17", "0o17")],
)  # fmt: skip
def test_scalars_are_what_they_look_like(scalar: str, value: object) -> None:
    """`no` is a word, `09:30` a time as text, `+34…` a number as text; only plain numbers are numbers."""
    assert parse(f"a: {scalar}", "x.yaml").content == {"a": value}


def test_a_folder_that_vanishes_while_one_looks_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's temporary folder beside a flow ended the check of that flow in a traceback."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.flow.yaml").touch()
    (tmp_path / "a.flow.yaml").touch()
    (tmp_path / "gone").mkdir()
    list_folder = os.scandir

    def listed(folder: str) -> object:
        if Path(folder).name == "gone":
            Path(folder).rmdir()
        return list_folder(folder)

    monkeypatch.setattr(os, "scandir", listed)
    found = named_below(tmp_path, ".flow.yaml")
    assert [one.name for one in found] == ["a.flow.yaml", "b.flow.yaml"]
    assert not (tmp_path / "gone").exists()


def test_every_key_has_its_place() -> None:
    """Line and column of keys, list items and nested keys, from 1."""
    source = parse("a:\n  - b: 1\n    c: {d: 2}\n", "x.yaml")
    assert (source.place(("a", 0, "c", "d")).line, source.place(("a", 0, "c", "d")).column) == (3, 9)
    assert (source.place(("a", 0)).line, source.place(("a", 0)).column) == (2, 5)
    assert source.place(("a", 0, "nothing")).line == 2


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: &x 1\n", 1, "anchor"),
        ("a: &x 1\nb: *x\n", 2, "alias"),
        ("a: 1\n<<: {b: 2}\n", 2, "merge"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tag"),
        ("a: !custom x\n", 1, "tag"),
        ("a: 1\nb: 2\na: 3\n", 3, "stands twice"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: [1, 2\nb: 3\n", 1, "the bracket that opens here is not closed before line 2: add `]`"),
        ("a: 'open\n", 1, "the quote that opens here is never closed"),
        ("\ta: 1\n", 1, "there is a tab: use spaces"),
        ("? [a, b]\n: 1\n", 1, "key must be plain text"),
        ("a:\n  b: 1\n c: 2\n", 3, "the indentation is wrong here"),
        ("a: \x07\n", 1, "an invisible sign"),
        ("a:\n  b: 1\n\tc: 2\n", 3, "there is a tab: use spaces"),
        ("a:\n  es: Diga su calle: número\n", 2, "put the text in quotes"),
        ("a: {es: Diga: x, ca: y}\n", 1, "put the text in quotes"),
        ("a:\n  es: {street}, su calle\n", 2, "a text that begins with `{` needs quotes"),
        ('a:\n  es: "hola\n  ca: "x"\n  en: "y"\nb:\n', 2, "the quote that opens here is never closed"),
        ('a: {es: "x", ca: "y}\nb: "z"\n', 1, "a quote in this line is never closed"),
        ('a: "x" y\n', 1, "put all of the text inside the quotes"),
        ("a:\n  b: 1\n    c: 2\n", 3, "the indentation is wrong here"),
        ("a: @x\n", 1, "begins with `@` needs quotes"),
        ("a: 1\nb\nc: 2\n", 2, "a colon is missing here"),
        ('a: "x \\d"\n', 1, "use single quotes"),
    ],
)
def test_what_is_refused(text: str, line: int, what: str) -> None:
    """Everything that could explode, run or surprise is refused at its line, with what to do."""
    found = mistakes(text)
    assert any(item.startswith(f"x.yaml:{line}:") and what in item for item in found), found
    assert all(":" in item.split(": ", 1)[1] or "instead" in item for item in found)


def test_all_mistakes_in_one_run() -> None:
    """Two duplicates and an anchor are three problems, not one."""
    assert len(mistakes("a: 1\na: 2\nb: &x 1\nb: 3\n")) == 3


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000, "a: [" + "1, " * 60000 + "1]"])
def test_bombs_are_refused(text: str) -> None:
    """Depth and number of values are bounded; the reader stops at the bound."""
    assert any("nested" in item or "many" in item or "YAML" in item for item in mistakes(text))


def test_a_laugh_bomb_is_refused() -> None:
    """The billion laughs: nothing is expanded, because nothing may refer to anything."""
    lines = ["a0: &a0 [x, x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    assert len(mistakes("\n".join(lines))) >= 30


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, huge, and not UTF-8: one clear line each."""
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (LARGEST_FILE + 1))
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: ñ".encode("latin-1"))
    for file, what in ((tmp_path / "none.yaml", "cannot read"), (huge, "split"), (latin, "UTF-8")):
        with pytest.raises(FlowsInvalid, match=what):
            read(file)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("latin-1", "2:5: this sign is not UTF-8, and looks like `ñ` of an older encoding: save"),
     ("cp1252", "2:5: this sign is not UTF-8"),
     ("utf-16", "1:1: the file is UTF-16 text: save it as UTF-8"),
     ("utf-16-le", "1:1: the file is UTF-16 text: save it as UTF-8")],
)  # fmt: skip
def test_other_encodings_are_told_at_their_first_sign(encoding: str, told: str, tmp_path: Path) -> None:
    """As old editors and Windows save: the line, the sign, and what to do."""
    file = tmp_path / "a.yaml"
    file.write_bytes("a: x\nb: Años\n".encode(encoding))
    with pytest.raises(FlowsInvalid) as fault:
        read(file)
    assert [str(one).partition("a.yaml:")[2][: len(told)] for one in fault.value.problems] == [told]


@pytest.mark.parametrize("written", [b"\xef\xbb\xbfa: 1\nb: 2\n", b"a: 1\r\nb: 2\r\n", b"a: 1\rb: 2\r"])
def test_signs_of_other_systems_are_no_mistakes(written: bytes, tmp_path: Path) -> None:
    """A mark of the byte order, and the line ends of Windows and old Macs."""
    file = tmp_path / "a.yaml"
    file.write_bytes(written)
    assert read(file).content == {"a": 1, "b": 2}


def test_nearest_suggests() -> None:
    """A misspelt name gets the nearest; a wild one gets the list."""
    assert nearest("goodby", ["goodbye", "main"]) == "did you mean `goodbye`?"
    assert nearest("xyz", ["goodbye", "main"]) == "choose one of `goodbye`, `main`"
    kinds = [f"kind_{number}" for number in range(40)]
    assert "`kind_39`" in nearest("9", kinds)
    assert nearest("9", kinds).count("`kind") == 24
    assert nearest("xyz", []) == "add one first, there is none"


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is read or refused with problems; nothing else is raised."""
    try:
        parse(text, "x.yaml")
    except FlowsInvalid as fault:
        assert fault.problems
