"""A strategy's actions: every mistake with its line and what to do; and what is taken as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.errors import FlowsInvalid
from ivr.campaigns.actions.providers import StrategyProviders
from ivr.campaigns.declaration import file_of, kept
from ivr.campaigns.strategies import load_strategy, read_strategy
from ivr.messenger.message import DeliveryFailed, Message
from tests.commands import ivr
from tests.messenger.conftest import Provider, provider

__all__ = ["provider"]

HEAD = """\
strategy: fees
actor: creditor
bases: {students: {mapping: students.map.yaml}}
languages: [es, ca]
"""
TEMPLATES = """\
templates:
  noted: {es: "Anotado: {amount} el {day}.", ca: "Anotat: {amount} el {day}."}
  plain: {es: "Llámenos.", ca: "Truqui'ns."}
  letter: {text: {es: "Hola", ca: "Hola"}, subject: {es: "Su recibo", ca: "El seu rebut"}}
"""
PROVIDERS = """\
providers:
  meta:
    url: https://wa.example.net/v1
    auth: {bearer: {env: WA_TOKEN}}
    json: {to: "{to}", text: "{text}", name: "{name}"}
"""
CAMPAIGN = """\
campaigns:
  reminder:
    base: students
    flow: survey
    purpose: collection
    countries: [ES]
"""
GOOD = (
    HEAD
    + TEMPLATES
    + PROVIDERS
    + CAMPAIGN
    + """\
    actions:
      promise_to_pay: [{sms: noted}, {email: letter, after: 60, within: 24}]
      not_reached: {whatsapp: plain}
      dispute: {case: dispute}
    promises:
      remind: {sms: noted}
      broken: [{case: broken_promise}, {campaign: second}]
  second: {base: students, flow: survey, purpose: collection, countries: [ES]}
"""
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WA_TOKEN", "secret-of-a-test")
    (tmp_path / "students.map.yaml").touch()
    return tmp_path


def told(folder: Path, text: str) -> list[tuple[int, str]]:
    file = folder / "fees.yaml"
    file.write_text(text)
    return [(one.line, one.message) for one in read_strategy(file)[1]]


def test_what_is_right_is_taken_with_its_words(folder: Path) -> None:
    """Each message has its words when the campaign is kept, so that no server needs the file for them."""
    assert told(folder, GOOD) == []
    with pytest.raises(FlowsInvalid, match=r"no strategy `students`: choose one of `fees`$"):
        load_strategy(folder, "students")
    reminder = load_strategy(folder, "fees").campaigns["reminder"]
    actor, again = file_of(kept("creditor", reminder))
    assert actor == "creditor" and again == reminder
    (noted, letter) = again.actions["promise_to_pay"]
    assert noted.words is not None and noted.words.text["ca"] == "Anotat: {amount} el {day}."
    assert (letter.kind, letter.what, letter.after, letter.within) == ("email", "letter", 60, 24)
    assert again.promises.after("partial") == again.promises.broken


def mistakes_of(part: str) -> str:
    return HEAD + TEMPLATES + PROVIDERS + CAMPAIGN + part


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (mistakes_of("    actions: {x: {sms: notd}}\n"), 20, "`notd`: did you mean `noted`?"),
        (mistakes_of("    actions: {x: {email: noted}}\n"), 20, "an e-mail has a subject"),
        (mistakes_of("    actions: {x: {sms: noted, case: y}}\n"), 20, "an action is one of sms, email"),
        (mistakes_of("    actions: {x: {smss: noted}}\n"), 20, "did you mean `sms`?"),
        (mistakes_of("    actions: {x: {whatsapp: plain, provider: mata}}\n"), 20, "did you mean `meta`?"),
        (mistakes_of("    actions: {x: {sms: plain, provider: meta}}\n"), 20, "does not belong to sms"),
        (mistakes_of("    actions: {busy: {callback: billing}}\n"), 20, "nobody has asked for a callback"),
        (mistakes_of("    actions: {not_reached: {sms: noted}}\n"), 20, "no promise, and so no {amount}"),
        (mistakes_of("    actions: {unwanted: {sms: plain}}\n"), 20, "they are not contacted"),
        (mistakes_of("    actions: {busy: {sms: plain, asked: true}}\n"), 20, "nobody was there"),
        (mistakes_of("    actions: {x: {sms: noted, purpose: service}}\n"), 20, "`noted` speaks of the debt"),
        (mistakes_of("    actions: {x: {campaign: reminder}}\n"), 20, "by `again:`"),
        (mistakes_of("    actions: {x: {campaign: remindr}}\n"), 20, "did you mean `reminder`?"),
        (mistakes_of("    promises: {remind: {campaign: reminder}}\n"), 20, "a promise that is running"),
        (mistakes_of("    promises: {broken: {callback: billing}}\n"), 20, "nobody has asked for a callback"),
        (mistakes_of("    promises: {kept: {sms: plain, asked: true}}\n"), 20, "they have asked for nothing"),
        (HEAD + "templates: {a: {es: x}}\n" + CAMPAIGN, 5, "`a` has no text in ca: write it, or list"),
        (HEAD + "templates: {a: {es: x, fr: y}}\n" + CAMPAIGN, 5, "fr"),
        (HEAD + 'templates: {a: {es: "{amunt}", ca: y}}\n' + CAMPAIGN, 5, "did you mean `amount`?"),
        (HEAD + PROVIDERS.replace("https://wa", "ftp://wa") + CAMPAIGN, 7, "write it as https://"),
        (HEAD + PROVIDERS.replace("WA_TOKEN", "WA_TOKN") + CAMPAIGN, 8, "WA_TOKN is not set"),
        (HEAD + PROVIDERS.replace("{env: WA_TOKEN}", "abc") + CAMPAIGN, 8, "never literally"),
        (HEAD + PROVIDERS.replace("{name}", "{nme}") + CAMPAIGN, 6, "there is no {nme}"),
        (HEAD + TEMPLATES + CAMPAIGN + "    actions: {x: {whatsapp: plain}}\n", 15, "nobody sends it"),
    ],
)  # fmt: skip
def test_each_mistake_with_its_line_and_remedy(folder: Path, text: str, line: int, words: str) -> None:
    """One line, where it stands, in words that say what to do."""
    found = told(folder, text)
    assert len(found) == 1, found
    assert found[0][0] == line and words in found[0][1], found


def test_what_stands_around_is_checked_by_the_command(tmp_path: Path) -> None:
    """Outcomes that no call has, flows, queues, webhooks; and a file without mistakes is told so."""
    assert ivr(tmp_path, "flow", "init").returncode in (0, 1, 2)
    strategies = tmp_path / "strategies"
    strategies.mkdir()
    (strategies / "students.map.yaml").touch()
    flows = tmp_path / "flows"
    flows.mkdir(exist_ok=True)
    (flows / "catalogue.yaml").write_text("queues: [billing]\n")
    (flows / "survey.flow.yaml").write_text(
        "flow: survey\nlanguages: [es]\nperson: billing\nsteps:\n"
        "  - say: {es: Hola}\n  - outcome: promise_to_pay\n  - hangup: bye\n    say: {es: Adiós}\n"
    )
    text = HEAD + TEMPLATES + CAMPAIGN
    (strategies / "fees.yaml").write_text(
        text + "    actions: {promise_to_pa: {sms: noted}, busy: {webhook: crm}, "
        "promise_to_pay: {callback: blling}}\n"
    )
    done = ivr(tmp_path, "campaign", "check", IVR_FLOWS=str(flows))
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert "`survey` never ends as `promise_to_pa`: did you mean `promise_to_pay`?" in done.stdout
    assert "unknown webhook `crm`" in done.stdout and "unknown queue `blling`" in done.stdout
    assert all("fees.yaml:15:" in line for line in lines)
    (strategies / "fees.yaml").write_text(text + "    again: {answered: 240, no_answer: 60}\n")
    done = ivr(tmp_path, "campaign", "check", IVR_FLOWS=str(flows))
    assert done.stdout.count("fees.yaml:") == 1, done.stdout
    assert "after `no_answer` they are tried again by `retries:`" in done.stdout
    sms = text.replace("countries: [ES]", "countries: [ES, PE]")
    (strategies / "fees.yaml").write_text(sms + "    actions: {promise_to_pay: {sms: noted}}\n")
    done = ivr(tmp_path, "campaign", "check", IVR_FLOWS=str(flows))
    assert done.returncode == 1 and "numbers of PE get no SMS" in done.stdout, done.stdout
    (strategies / "fees.yaml").write_text(text + "    actions: {promise_to_pay: {callback: billing}}\n")
    done = ivr(tmp_path, "campaign", "check", "fees", IVR_FLOWS=str(flows))
    assert (done.returncode, done.stdout) == (0, "1 strategy: no mistakes\n"), done.stderr


@pytest.mark.parametrize(
    ("purpose", "countries", "shown", "told"),
    [
        ("collection", "ES", None, None),
        (
            "collection",
            "ES, MX",
            None,
            "6:3: no call to MX goes out so (mx.collection): the caller ID must not",
        ),
        ("commercial", "ES", None, "6:3: no call to ES goes out so (es.commercial): the caller ID must not"),
        ("commercial", "ES", "+34910000000", None),
        (
            "commercial",
            "ES",
            "+34612345678",
            "11:18: no call to ES goes out so (es.commercial_caller_id): the",
        ),
    ],
)
def test_a_caller_id_that_a_rule_wants_is_asked_for(
    tmp_path: Path, purpose: str, countries: str, shown: str | None, told: str | None
) -> None:
    """Before a sample is cut of whom nobody is called: where it is missing, or may not be shown."""
    strategies = tmp_path / "strategies"
    strategies.mkdir()
    (strategies / "students.map.yaml").touch()
    text = HEAD + CAMPAIGN.replace("collection", purpose)
    text = text.replace("countries: [ES]", f"countries: [{countries}]")
    text += "" if shown is None else f'    caller_ids: ["{shown}"]\n'
    (strategies / "fees.yaml").write_text(text)
    done = ivr(tmp_path, "campaign", "check")
    assert (done.returncode, done.stdout.count("fees.yaml:")) == ((0, 0) if told is None else (1, 1)), done
    assert told is None or f"fees.yaml:{told}" in done.stdout, done.stdout


def test_a_company_rule_that_wants_a_number_shown_is_asked_too(tmp_path: Path) -> None:
    """Own rules count; and a mistake in them is told in place of a verdict by half of the rules."""
    strategies, rules = tmp_path / "strategies", tmp_path / "contact_rules"
    for folder in (strategies, rules):
        folder.mkdir()
    (strategies / "students.map.yaml").touch()
    (strategies / "fees.yaml").write_text(HEAD + CAMPAIGN)
    own = (
        "rules:\n  - {id: own.shown, extra: true, jurisdictions: [ES], purposes: [collection],"
        " actors: [creditor], channels: [call], status: practice, source: our board, verified_on: 2026-11-01,"
        " valid_from: 2020-01-01, valid_to: open, zones: prefix, caller_id: {hidden: forbidden}}\n"
    )
    (rules / "own.yaml").write_text(own)
    told = ivr(tmp_path, "campaign", "check").stdout
    assert "no call to ES goes out so (own.shown)" in told and "add `caller_ids:`" in told
    (rules / "own.yaml").write_text(own.replace("2020-01-01", "9999-01-01"))
    assert ivr(tmp_path, "campaign", "check").returncode == 0, "it holds from another day on"
    (rules / "own.yaml").write_text(own.replace("practice", "custom"))
    broken = ivr(tmp_path, "campaign", "check")
    assert broken.returncode == 1 and broken.stdout.count("\n") == 1 and "own.yaml:" in broken.stdout


@pytest.mark.parametrize(("ring", "bad"), [(19, True), (20, False)])
def test_a_telephone_rings_as_long_as_a_rule_wants(tmp_path: Path, ring: int, bad: bool) -> None:
    """Of several rules the longest; told with the line of what is written."""
    strategies, rules = tmp_path / "strategies", tmp_path / "contact_rules"
    for folder in (strategies, rules):
        folder.mkdir()
    (strategies / "students.map.yaml").touch()
    (strategies / "fees.yaml").write_text(HEAD + CAMPAIGN + f"    ring: {ring}\n")
    own = "".join(
        f"  - {{id: own.ring{seconds}, extra: true, jurisdictions: [ES], purposes: [collection],"
        " actors: [creditor], channels: [call], status: practice, source: our board, verified_on: 2026-11-01,"
        f" valid_from: 2020-01-01, valid_to: open, zones: prefix, min_ring_s: {seconds}}}\n"
        for seconds in (16, 20, 18)
    )
    (rules / "own.yaml").write_text("rules:\n" + own)
    done = ivr(tmp_path, "campaign", "check")
    assert done.returncode == int(bad), done
    line = (HEAD + CAMPAIGN).count("\n") + 1
    told = f"fees.yaml:{line}:5: own.ring20 lets a telephone ring for 20 s at least: write `ring: 20` or more"
    assert (told in done.stdout) == bad, done.stdout


def test_a_provider_gets_values_beside_the_text(folder: Path, provider: Provider) -> None:
    """By the strategy's file as it is when the message goes; a key that is renewed counts at once."""
    text = GOOD.replace("https://wa.example.net/v1", provider.url)
    (folder / "fees.yaml").write_text(text)
    carrier = StrategyProviders(folder)
    message = Message(
        "m-1", "whatsapp", "+34600111222", "Llámenos.", "es", fields={"name": "Ana"}, via="fees/meta"
    )
    carrier.deliver(message)
    assert provider.asked[0].body == '{"to": "+34600111222", "text": "Llámenos.", "name": "Ana"}'.encode()
    assert provider.asked[0].headers["idempotency-key"] == "m-1"
    assert provider.asked[0].headers["authorization"] == "Bearer secret-of-a-test"
    (folder / "fees.yaml").write_text(text.replace("meta:", "other:"))
    with pytest.raises(DeliveryFailed, match="declares no provider meta") as failed:
        carrier.deliver(message)
    assert not failed.value.final, "an operator can mend it"
    (folder / "fees.yaml").write_text("strategy: fees\n")
    with pytest.raises(DeliveryFailed, match="cannot be used: line"):
        carrier.deliver(message)
