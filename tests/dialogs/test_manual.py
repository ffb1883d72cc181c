"""The designers' manual: never out of date, and its tutorial works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stdnum import luhn

from dialogs.catalogue import load_catalogue
from dialogs.coverage import coverage
from dialogs.loader import load_flows
from dialogs.manual.page import manual
from dialogs.nodes import NODES
from dialogs.outside import Outside
from dialogs.play import play
from dialogs.rehearsal import load_scripts
from dialogs.rehearsal_format import Expect, Settings, TestEntry, TestFile, TestStep
from ivr.performers import PERFORMERS
from ivr.publishing.checkup import checked
from tests.dialogs.tutorial import PAGE, tutorial


def test_the_page_is_what_the_program_says_of_itself() -> None:
    """Whoever adds a node, a key or a kind of answer renews the page."""
    assert PAGE.read_text("utf-8") == manual(), "docs/flows.md is out of date: run `make docs`"


def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    """Its files have no mistake, its tests pass in three languages, and they walk every way."""
    files = tutorial()
    assert set(files) == {"catalogue.yaml", "parcel.flow.yaml", "parcel.test.yaml"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    flows = load_flows([tmp_path], load_catalogue(tmp_path / "catalogue.yaml"))
    played = [play(flows, script) for script in load_scripts([tmp_path / "parcel.test.yaml"], flows)]
    assert [call.report() for call in played if not call.passed] == []
    assert {share.missing for share in coverage(flows, played).shares.values()} == {()}


def test_the_tutorial_can_be_published_as_it_stands(tmp_path: Path) -> None:
    """Its catalogue declares look-ups as they are answered on live calls, and every step can be performed."""
    for name, text in tutorial().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = checked(tmp_path, main="parcel")
    assert found.problems == ()
    assert (found.sound, found.tests) == (True, 3 * tutorial()["parcel.test.yaml"].count("- test:"))


@pytest.mark.parametrize("model", [Expect, TestStep, Settings, TestEntry, TestFile, Outside])
def test_every_key_of_a_test_is_in_the_page(model: type) -> None:
    """What a test may say, the page says, too."""
    page = PAGE.read_text("utf-8")
    named = {*re.findall(r"`(\w+)`", page), *re.findall(r"^  (\w+):", page, re.MULTILINE)}
    assert set(model.model_fields) <= named  # type: ignore[attr-defined] # they are pydantic models


def test_no_key_is_without_a_meaning() -> None:
    """An empty cell in a table is a key that nobody explains."""
    assert [line for line in manual().splitlines() if re.search(r"^\| `.*\|  \|$", line)] == []


def test_keys_of_the_telephone_are_no_texts() -> None:
    """What leads somewhere by key is not told as something to translate."""
    assert "| `waiting.keys` | key → step |" in manual()


def test_every_link_within_the_page_leads_somewhere() -> None:
    """A heading that was renamed breaks a link in silence."""
    page = manual()
    titles = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-") for title in titles}
    assert {link for link in re.findall(r"\]\(#([^)]*)\)", page) if link not in anchors} == set()


def test_the_page_tells_what_is_installed() -> None:
    """What works on calls today: every kind of step."""
    page = " ".join(manual().split())
    live = page.split("What works on calls today:")[1].split("needs a *performer*")[0]
    named = {NODES[word].performer for word in re.findall(r"`(\w+)`", live) if word in NODES}
    assert {node.performer for node in NODES.values()} == named | {""}
    assert named <= PERFORMERS | {""}


def test_the_numbers_of_the_page_have_their_check_digit() -> None:
    """They are there to be copied."""
    numbers = re.findall(r"\b[0-9]{5}\b", manual().split("that you can use:")[1].split("(five digits)")[0])
    assert len(numbers) == 5
    assert all(map(luhn.is_valid, numbers))
