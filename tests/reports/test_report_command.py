"""`ivr report` and `ivr work` as a coordinator types them: each report in each form, and refusals."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data.records import Request, StateChange, VisitFacts
from ivr.reports.words import LANGUAGES
from ivr.work import DEFAULT, score_card, scored
from tests.commands import ivr, with_agents
from tests.databases import store_at

JOINED = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
DAY = ("--from", "2026-11-23")
REPORTS = (
    ("queues", "--by", "30", "--by", "queue"),
    ("agents", "--by", "60"),
    ("callers",),
    ("flows",),
    ("flows", "--by", "outcome"),
    ("staffing", "--by", "weekday", "--by", "hour"),
    ("work",),
    ("pauses",),
    ("campaigns", "--by", "day", "--by", "campaign"),
    ("campaigns", "--by", "outcome"),
    ("polls",),
)
EVIL = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one call in a queue of an odd name."""
    folder = tmp_path_factory.mktemp("home")
    store = store_at(folder / "ivr.sqlite3", customers=8)
    answered = JOINED + timedelta(seconds=65)
    store.queue_visits.learn(
        [
            VisitFacts(
                id="m", queue=EVIL, leg="l", joined_at=JOINED, answered_at=answered, agent="<b>ana</b>",
                talk_ended_at=answered + timedelta(minutes=61), left_at=answered + timedelta(minutes=61),
                left_by="answered",
            ),
        ]
    )  # fmt: skip
    for key, answer in (("1", "yes"), ("2", "yes"), ("3", EVIL), ("4", "unanswered")):
        store.polls.note("summer", "liked", answer, Request(at=JOINED, key=key))
    for at, state in ((JOINED, "in"), (answered + timedelta(hours=2), "paused")):
        store.agents.change_state(
            StateChange(agent="<b>ana</b>", state=state, at=at, by="x", source="cli", reason=EVIL)  # type: ignore[arg-type]  # a state's word
        )
    store.close()
    return folder


class Page(HTMLParser):
    """What a browser would load, and what is open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "rect", "line", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line", "circle", "polyline"):
            assert self.open.pop() == tag


@pytest.mark.parametrize("words", REPORTS, ids=" ".join)
def test_every_report_in_every_form(home: Path, words: tuple[str, ...]) -> None:
    """Table, CSV and JSON have the same rows; the page is whole, loads nothing, and has three languages."""
    told = json.loads(ivr(home, "report", *words, *DAY, "--json").stdout)
    assert (told["from"], told["to"], told["zone"]) == ("2026-11-23", "2026-11-23", "Europe/Madrid")
    rows = list(csv.DictReader(io.StringIO(ivr(home, "report", *words, *DAY, "--format", "csv").stdout)))
    assert len(rows) == len(told["rows"])
    if rows:
        assert list(rows[0]) == list(told["rows"][0])
    assert ivr(home, "report", *words, *DAY).returncode == 0
    titles = set()
    for language in LANGUAGES:
        done = ivr(home, "report", *words, *DAY, "--format", "html", "--language", language)
        page = Page()
        page.feed(done.stdout)
        page.close()
        assert page.open == [] and page.loads == []
        assert "<b>ana</b>" not in done.stdout
        titles.add(re.findall("<title>(.*?)</title>", done.stdout)[0])
        assert not re.search(r"<th[^>]*>[a-z_]+</th>", done.stdout), "a column without words"
    assert len(titles) >= 2


def test_json_has_two_names(home: Path) -> None:
    """`--json` as with every other command."""
    asked = [ivr(home, "report", "queues", *DAY, *form) for form in (["--json"], ["--format", "json"])]
    assert asked[0] == asked[1] and asked[0].returncode == 0


def test_no_name_becomes_a_formula(home: Path) -> None:
    """A queue's name that a spreadsheet would run gets an apostrophe; figures stay figures."""
    text = ivr(home, "report", "queues", *DAY, "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["queue"] == f"'{EVIL}" and row["wait_mean"] == "65.0"


def test_a_file_and_what_is_refused(home: Path, tmp_path: Path) -> None:
    """One line with the remedy, and status 2."""
    page = tmp_path / "queues.html"
    old = ivr(
        home, "report", "queues", *DAY, "--queue", EVIL, "--format", "json"
    )  # declared no more, and it had calls
    assert [row["offered"] for row in json.loads(old.stdout)["rows"]] == [1]
    assert ivr(home, "report", "queues", *DAY, "--format", "html", "--output", str(page)).returncode == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    for words, said in (
        (("queues", "--by", "agent"), "not by agent"),
        (("queues", "--by", "15", "--by", "30"), "one interval"),
        (("queues", *DAY, "--to", "2026-11-22"), "--from before --to"),
        (("queues", "--output", str(page)), "--format csv, json or html"),
        (("queues", "--format", "csv", "--output", str(tmp_path / "no" / "x.csv")), "cannot be written"),
        (("queues", "--json", "--format", "csv"), "leave one"),
        (("queues", *DAY, "--queue", "biling"), "did you mean `billing`?"),
        (("staffing", *DAY, "--queue", "nobodys"), "there is no queue 'nobodys'"),
        (("staffing", "--share", "1.5"), "above 0 and below 1"),
        (("agents", "--by", "queue"), "not by queue"),
    ):
        done = ivr(home, "report", *words)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert said in done.stderr


def test_work_from_the_command_line(home: Path) -> None:
    """A case is added once, shared, listed, and done by whoever holds it; what does not exist is refused."""
    added = ivr(home, "work", "add", "case", "20264511", "--due", "2", "--by", "eva")
    item = added.stdout.split()[0]
    assert "added" in added.stdout
    assert "is there already" in ivr(home, "work", "add", "case", "20264511").stdout
    staff = with_agents(home, "1001", "1002")
    shared = ivr(home, "work", "assign", "--share", "1001", "--share", "1002", "--by", "eva", **staff)
    assert sorted(shared.stdout.split()) == ["0", "1", "1001:", "1002:"]
    listed = ivr(home, "work", "list", "--json")
    (one,) = json.loads(listed.stdout)
    assert (one["holder"], one["overdue"], listed.returncode) == ("1001", False, 0)
    for words, said in (
        (("done", item, "--by", "1002"), "does not hold"),
        (("done", item, "--by", "1001", "--score", "charm=3"), "not on the score card"),
        (("assign", item, "--to", "1002"), "somebody else's"),
        (("assign", item, "--to", "7777"), "is no agent"),
        (("assign", "--share", "1001", "--share", "7777"), "is no agent"),
        (("assign",), "--share among whom"),
        (("add", "case", "1"), "there is no case 1"),
        (("add", "recording", "x"), "is no id"),
        (("add", "recording", item), "no recorded call"),
        (("add", "callback", item), "no open callback"),
    ):
        done = ivr(home, "work", *words, **staff)
        assert done.returncode == 2 and said in done.stderr.lower(), (words, done.stderr)
    assert ivr(home, "work", "assign", item, "--to", "1002", "--from", "1001", **staff).returncode == 0
    assert ivr(home, "work", "done", item, "--by", "1002", "--note", "x").returncode == 0
    assert json.loads(ivr(home, "work", "list", "--json").stdout) == []
    assert "0 added" in ivr(home, "work", "collect").stdout


def test_points_of_a_review(tmp_path: Path) -> None:
    """Each criterion of the card, none above its most; a card of one's own, and one that is none."""
    assert scored(score_card(tmp_path), [f"{name}=1" for name in DEFAULT]) == dict.fromkeys(DEFAULT, 1)
    (tmp_path / "score_card.yaml").write_text("tone: 3\nsolved: 7\n")
    card = score_card(tmp_path)
    assert scored(card, ["tone=3", "solved=0"]) == {"tone": 3, "solved": 0}
    for given, said in (("tone=4", "0 to 3"), ("tone=²", "0 to 3"), ("tone", "0 to 3"), ("x=1", "not on")):
        with pytest.raises(ValueError, match=said):
            scored(card, [given, "solved=1"])
    with pytest.raises(ValueError, match="solved missing"):
        scored(card, ["tone=1"])
    for text in ("- a\n", "tone: 0\n", "tone: [1\n", "{}\n"):
        (tmp_path / "score_card.yaml").write_text(text)
        with pytest.raises(ValueError, match=r"score_card\.yaml"):
            score_card(tmp_path)
