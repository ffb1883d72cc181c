"""docs/workshop.md: what it shows is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import flow_test
from ivr.cli.call import call
from ivr.cli.flows import SHIPPED
from ivr.config import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "workshop.md").read_text("utf-8")


def test_the_call_on_the_page_is_a_call(tmp_path: Path) -> None:
    """Word for word, from the greeting to the last question."""
    (block,) = re.findall(r"```\n\$ ivr call (main --text[^\n]*)\n(.*?)```", PAGE, re.DOTALL)
    words, shown = block[0].split(), block[1].splitlines()
    typed = [line.removeprefix("> ") for line in shown if line.startswith("> ")]
    result = CliRunner().invoke(call, words, input="\n".join(typed) + "\n", obj=Settings(home=tmp_path))
    assert result.exit_code == 0, result.output
    printed = result.output.splitlines()
    assert printed[-len(shown) :] == shown


def test_the_failed_test_on_the_page_fails_so(tmp_path: Path) -> None:
    """The difference, the nearest passage, and the call up to there."""
    (block,) = re.findall(r"```\nmain\.test\.yaml:\d+: a silent caller.*?```", PAGE, re.DOTALL)
    for file in SHIPPED.glob("*.yaml"):
        if not file.name.endswith(".test.yaml"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    text = "flow: main\ntests:\n  - test: a silent caller\n"
    text += "    steps: [{key: 1}, {expect: {said: Son seis cifras}}]\n"
    (tmp_path / "main.test.yaml").write_text(text, "utf-8")
    printed = CliRunner().invoke(flow_test.test, [str(tmp_path)], obj=Settings(home=tmp_path)).output
    for line in block.splitlines()[1:-1]:
        wanted = re.sub(r"main\.test\.yaml:\d+:|^ +\d+ |…$", "", line).strip()
        assert wanted in printed, line


@pytest.mark.parametrize(
    "option", sorted(set(re.findall(r"ivr (?:call|test|graph) [^\n`]*?(--[a-z-]+)", PAGE)))
)
def test_the_options_on_the_page_exist(option: str) -> None:
    """An option that was renamed would be told by whoever types it."""
    from ivr.cli.graph import graph  # noqa: PLC0415 - it draws, and the other tests do not

    assert option in {
        name for command in (call, flow_test.test, graph) for p in command.params for name in p.opts
    }
