"""`queues.yaml`: what it means, and every mistake with its line, column and remedy."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest

from dialogs.calendars import Calendar, Hours
from dialogs.catalogue import Catalogue
from dialogs.source import parse
from ivr.config import CHECKOUT
from ivr.queueing.plan import Plan, Tier
from ivr.queueing.reading import load_plan, misfits, read_plan
from ivr.queueing.written import QueuesFile
from tests.commands import ivr, with_agents

OFFICE = Calendar({0: (Hours(9 * 60, 18 * 60),)})
CATALOGUE = Catalogue(queues=frozenset({"billing", "support"}), calendars={"office": OFFICE})
GOOD = """
queues:
  billing:
    skills: [billing]
    hours: office
    in_language: {ca: billing_ca}
    overflow: {to: [support], after: 90}
    priority: {vip: 300}
  billing_ca:
    skills: [billing]
    languages: [ca]
  support:
    skills: [support]
agents:
  1001: {skills: [billing, support], languages: [es, ca]}
  1002: {skills: [billing], languages: [es]}
  1003: {skills: [support], languages: [es]}
  1004: {queues: [billing_ca], wrap_up: 25}
"""


def test_the_switchs_own_queues_can_be_served_without_a_declaration() -> None:
    """No flow names the fallback queue; who serves it may be said, and that nobody does is no mistake here."""
    text = GOOD + "  1005: {queues: [agents]}\n"
    _, problems = read_plan(parse(text, "queues.yaml"), CATALOGUE, None)
    assert [one.message.partition(":")[0] for one in problems] == ["unknown queue `agents`"]
    plan, problems = read_plan(parse(text, "queues.yaml"), CATALOGUE, None, {"agents", "spare"})
    assert problems == []
    assert Tier("agents", "1005", 0) in set(plan.tiers())
    declared = text.replace("agents:\n  1001", "  agents: {longest_wait: 300}\nagents:\n  1001")
    assert read_plan(parse(declared, "queues.yaml"), CATALOGUE, None, {"agents"})[1] == []


def plan_of(text: str, segments: frozenset[str] | None = frozenset({"vip"})) -> Plan:
    plan, problems = read_plan(parse(text, "queues.yaml"), CATALOGUE, segments)
    assert problems == []
    return plan


def test_skills_and_languages_become_tiers() -> None:
    """Whoever knows and speaks all that a queue asks for serves it; those of the overflow come at level 1."""
    assert set(plan_of(GOOD).tiers()) == {
        Tier("billing", "1001", 0),
        Tier("billing", "1002", 0),
        Tier("billing", "1003", 1),
        Tier("billing_ca", "1001", 0),
        Tier("billing_ca", "1004", 0),
        Tier("support", "1001", 0),
        Tier("support", "1003", 0),
    }


def test_helpers_speak_the_queues_languages() -> None:
    """A Catalan queue that overflows does not get somebody who speaks none."""
    text = GOOD.replace("languages: [ca]", "languages: [ca]\n    overflow: {to: [support], after: 60}")
    helpers = {tier.agent for tier in plan_of(text).tiers() if tier.queue == "billing_ca" and tier.level}
    assert helpers == set()


def test_each_next_queue_helps_later() -> None:
    """Levels count up along the chain, and whoever serves two of them comes at the first."""
    text = """
queues:
  billing: {queues_are: x}
""".replace("{queues_are: x}", "{skills: [b], overflow: {to: [support, sales], after: 30}}")
    text += "  support: {skills: [s]}\n  sales: {skills: [v]}\nagents:\n"
    text += "  10: {skills: [b]}\n  11: {skills: [s, v]}\n  12: {skills: [v]}\n"
    catalogue = Catalogue(queues=frozenset({"billing", "support", "sales"}))
    plan, problems = read_plan(parse(text, "q"), catalogue)
    assert problems == []
    assert {(t.agent, t.level) for t in plan.tiers() if t.queue == "billing"} == {
        ("10", 0),
        ("11", 1),
        ("12", 2),
    }


def test_hours_languages_and_segments() -> None:
    """The calendar decides when it is open; a queue's own priority beats that of segments.yaml."""
    plan = plan_of(GOOD)
    billing = plan.queue("billing")
    assert billing.at(datetime(2026, 11, 23, 10)) == "open"
    assert billing.at(datetime(2026, 11, 23, 20)) == "closed"
    assert plan.queue("support").at(datetime(2026, 11, 22, 3)) == "open"
    assert (plan.queue_for("billing", "ca"), plan.queue_for("billing", "es")) == ("billing_ca", "billing")
    assert (billing.base_score("vip", 60), billing.base_score("regular", 60)) == (300, 60)
    assert plan.queue("nowhere").written.longest_wait == 900


def test_a_queue_that_no_flow_names_stops_no_server(tmp_path: Path) -> None:
    """The file serves more than one release; what a release names and the file does not is what a server refuses."""
    file = tmp_path / "queues.yaml"
    file.write_text("queues:\n  billing: {}\n  support: {}\n  sales: {}\n", encoding="utf-8")
    assert (misfits(file, CATALOGUE), misfits(None, CATALOGUE)) == ([], [])
    assert set(load_plan(file, CATALOGUE).queues) == {"billing", "support", "sales"}
    [told] = misfits(file, Catalogue(queues=frozenset({"billing", "service"})))
    assert str(told).startswith(f"{file}:1:1: flows may name `service`, which is not declared: add it here")


# ruff: noqa: E501 -- a table of one-line files and their messages
WRONG = [
    ("queues:\n  billing:\n    skils: [a]\n  support: {}\n", 3, 5, "unknown key `skils`: did you mean `skills`?"),
    ("queues:\n  billing: {hours: offices}\n  support: {}\n", 2, 13, "unknown calendar `offices`: did you mean `office`?"),
    ("queues:\n  billing: {}\n", 1, 1, "flows may name `support`, which is not declared"),
    ("queues:\n  billing: {}\n  support: {}\n  sale: {}\n", 4, 3, "no flow may name `sale`"),
    ("queues:\n  billing: {overflow: {to: [suport]}}\n  support: {}\n", 2, 29, "unknown queue `suport`: did you mean `support`?"),
    ("queues:\n  billing: {overflow: {to: [billing]}}\n  support: {}\n", 2, 29, "`billing` cannot stand in for itself"),
    ("queues:\n  billing: {in_language: {ca: support}}\n  support: {in_language: {es: billing}}\n", 2, 27, "`support` sends callers on by their language"),
    ("queues:\n  billing: {priority: {vipp: 30}}\n  support: {}\n", 2, 24, "unknown segment `vipp`: did you mean `vip`?"),
    ("queues:\n  billing: {priority: {vip: 9999}}\n  support: {}\n", 2, 24, "`vip: 9999` is out of range: write at most 3600"),
    ("queues:\n  billing: {service_level: {share: 95, within: 180}}\n  support: {}\n", 2, 29, "`share: 95` is out of range: write less than 1"),
    ("queues:\n  billing: {strategy: longest-idle}\n  support: {}\n", 2, 13, "did you mean `longest-idle-agent`?"),
    ("queues:\n  billing: {music: music.wav}\n  support: {}\n", 2, 13, "`music.wav` is not a whole path"),
    ("queues:\n  billing: {announce: {every: 5}}\n  support: {}\n", 2, 24, "`every: 5` is out of range: write at least 15"),
    ("queues:\n  billing: {}\n  support: {}\nagents:\n  ana: {}\n", 4, 1, "`ana` is no telephone of the house"),
    ("queues:\n  billing: {}\n  support: {}\nagents:\n  1001: {queues: [suport]}\n", 5, 19, "unknown queue `suport`"),
    ("queues:\n  billing: {skills: [b]}\n  support: {}\nagents:\n  1001: {queues: [support]}\n", 2, 3, "nobody serves `billing`"),
    ("- billing\n", 1, 1, "these are no queues: begin with `queues:`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "message"), WRONG, ids=[row[3][:40] for row in WRONG])
def test_mistakes(text: str, line: int, column: int, message: str) -> None:
    """The place is that of the key, and the message says what to do."""
    _, problems = read_plan(parse(text, "queues.yaml"), CATALOGUE, frozenset({"vip"}))
    found = [(one.line, one.column) for one in problems if message in one.message]
    assert found == [(line, column)], problems


def test_all_mistakes_at_once() -> None:
    """One run tells them all."""
    text = "queues:\n  billing: {hours: offices, overflow: {to: [suport]}}\n  support: {hours: x}\n"
    assert len(read_plan(parse(text, "q"), CATALOGUE)[1]) == 3


def test_the_command_tells_place_and_remedy(tmp_path: Path) -> None:
    """`ivr queues check` ends with 1 for mistakes and 2 for no file; the shipped file is without."""
    (tmp_path / "queues.yaml").write_text("queues:\n  billing: {hour: office}\n")
    (tmp_path / "catalogue.yaml").write_text("queues: [billing]\n")
    wrong = ivr(tmp_path, "queues", "check", str(tmp_path / "queues.yaml"))
    assert wrong.returncode == 1
    assert "queues.yaml:2:13: unknown key `hour`: did you mean `hours`?" in wrong.stdout
    missing = ivr(tmp_path, "queues", "check", str(tmp_path / "none.yaml"))
    assert missing.returncode == 2 and "copy the shipped one" in missing.stderr
    good = ivr(tmp_path, "queues", "check")
    assert good.returncode == 0 and "3 queues" in good.stdout


def test_the_commands_know_the_people_of_agents_yaml(tmp_path: Path) -> None:
    """Whoever stands there serves the queue in the list; their mistakes are found by the check, too."""
    variables = with_agents(tmp_path, "2001", "2002")
    record = json.loads(ivr(tmp_path, "queues", "list", "--json", **variables).stdout)
    assert record["billing"]["agents"] == ["2001", "2002"]
    (tmp_path / "people" / "catalogue.yaml").write_text("queues: [billing, sales, support]\n")
    good = ivr(tmp_path, "queues", "check", **variables)
    assert good.returncode == 0 and "3 queues, 2 agents" in good.stdout, good.stdout
    people = tmp_path / "people" / "agents.yaml"
    people.write_text(people.read_text() + "  2003: {queues: [biling]}\n")
    wrong = ivr(tmp_path, "queues", "check", **variables)
    assert wrong.returncode == 1 and "agents.yaml:4" in wrong.stdout and "biling" in wrong.stdout


def test_the_schema_takes_the_shipped_file_and_refuses_what_is_unknown() -> None:
    """Editors use it; it is the model's own."""
    from dialogs.source import read  # noqa: PLC0415

    schema = QueuesFile.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    shipped = read(CHECKOUT / "dialogs" / "flows" / "queues.yaml").content
    jsonschema.validate(json.loads(json.dumps(shipped)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"queues": {"billing": {"skils": []}}}, schema)
