"""`ivr campaign simulate` as a coordinator types it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.commands import ivr

POPULATION = """\
hours: {mon-sun: 09:00-09:40}
agents: 5
live: 0.5
talk: {mean: 60, spread: 20}
wrap_up: {mean: 10, spread: 3}
"""


def test_a_population_is_played_and_shown(tmp_path: Path) -> None:
    """The figures as one line of JSON; a page that loads nothing, with a plot of each mode; exit status 0."""
    file, page = tmp_path / "people.yaml", tmp_path / "pacing.html"
    file.write_text(POPULATION)
    done = ivr(
        tmp_path,
        "campaign",
        "simulate",
        "--population",
        str(file),
        "--seeds",
        "2",
        "--html",
        str(page),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["calls"] > 50 and told["rule_violations"] == 0 and told["abandon_rate_max"] <= 0.03
    assert 0 < told["occupancy_progressive"] <= told["occupancy"] <= 1
    assert len(told["runs"]) == 4
    html = page.read_text(encoding="utf-8")
    assert "http://www.w3.org/2000/svg" in html and html.count("http") == html.count("http://www.w3.org")
    svgs = html.split("<svg")[1:]
    assert len(svgs) == 3
    for svg in svgs:
        ET.fromstring("<svg" + svg.partition("</svg>")[0] + "</svg>")
    assert "occupancy, predictive" in html and "Abandoned, predictive" in html


def test_what_cannot_be_played_says_why(tmp_path: Path) -> None:
    """A mistake of the file, with its line; a strategy without a campaign."""
    file = tmp_path / "people.yaml"
    file.write_text(POPULATION.replace("agents: 5", "agents: none"))
    wrong = ivr(tmp_path, "campaign", "simulate", "--population", str(file))
    assert wrong.returncode == 2 and "people.yaml:2:" in wrong.stderr
    alone = ivr(tmp_path, "campaign", "simulate", "fees")
    assert alone.returncode == 2 and "which campaign?" in alone.stderr
