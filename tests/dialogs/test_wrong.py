"""Wrong flow files, one mistake each: exactly one problem, at the right line, with a useful remedy.

Each file below `wrong/` is the same sound flow with one mistake in it; its first line says what is found:
`# line 42, column 5: words of the remedy`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.loader import read_flows

FOLDER = Path(__file__).parent / "wrong"
FILES = sorted(FOLDER.glob("*.flow.yaml"), key=lambda file: int(file.name.partition("-")[0]))
CATALOGUE = replace(
    load_catalogue(FOLDER / "catalogue.yaml"), recordings=frozenset({"welcome", "es/welcome"})
)
REMEDY = re.compile(
    r".+: (?:did you mean `[^`]+`\?.*"
    r"|(?:add|begin|choose|close|correct|give|keep|lead|name|point|put|raise|remove|rename|split|swap|use|write)\b.+)"
)
"""What is wrong, a colon, and what to do: a question with a name, or a clause that begins with a verb."""
PYTHON = re.compile(r"None|True|False|\[\]|\{\}|\bdict\b|\bstr\b|\bint\b|\bfloat\b|'[a-z_]+'|Error\b")
"""Words of the program that no designer knows."""


def test_there_are_sixty() -> None:
    """The set stays as large as it was promised, and its numbers are without a gap."""
    assert len(FILES) >= 150
    assert [int(file.name.partition("-")[0]) for file in FILES] == list(range(1, len(FILES) + 1))


@pytest.mark.parametrize("file", FILES, ids=[file.name.removesuffix(".flow.yaml") for file in FILES])
def test_one_mistake_is_one_problem(file: Path, tmp_path: Path) -> None:
    """Its line, its column, its remedy, and nothing else: one mistake is never told as two."""
    text = file.read_text("utf-8")
    head = re.match(r"# line (\d+), column (\d+): (.+)\n", text)
    assert head is not None, "the first line must say what is found"
    (tmp_path / "shop.flow.yaml").write_text(text, encoding="utf-8")
    _, problems = read_flows([tmp_path], CATALOGUE)
    assert len(problems) == 1, [f"{problem.line}: {problem.message}" for problem in problems]
    (problem,) = problems
    assert (problem.line, problem.column) == (int(head.group(1)), int(head.group(2)))
    assert head.group(3) in problem.message
    assert REMEDY.fullmatch(problem.message), f"no remedy at the end of: {problem.message}"
    assert not PYTHON.search(problem.message), f"no word for a designer in: {problem.message}"
    assert "\n" not in str(problem)
