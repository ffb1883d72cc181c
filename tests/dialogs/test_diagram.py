"""Diagrams: what a business reader is shown, where it stands, and that no text escapes its place."""

# ruff: noqa: E501 - a flow is read by rows

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from dialogs.catalogue import CALLER_FACTS, load_catalogue
from dialogs.diagram.mermaid import mermaid
from dialogs.diagram.picture import RETURNS, START, Arrow, Picture, Traffic, picture
from dialogs.diagram.svg import svg
from dialogs.diagram.titles import condition_words, title
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.nodes import NODES
from dialogs.queue_facts import QUEUE_TYPES
from tests.dialogs.flowtext import HEAD, flow_set

FOLDER = Path(__file__).parent / "balance"
"""A flow that stays as it is, whatever becomes of the shipped ones."""
SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
SVG = "{http://www.w3.org/2000/svg}"

NASTY = HEAD.replace("flow: trial\n", "flow: trial\nsummary: 'a; b # {c} \"d\" <e> end %%{init}%%'\n") + (
    """  - id: end\n    say: {es: 'Diga "hola" --> (a) [b] #1; `c` | <script>alert(1)</script> & \\ %% end'}\n"""
    """  - hangup: normal\n"""
)


@pytest.fixture(scope="module")
def flows() -> FlowSet:
    return load_flows([FOLDER], load_catalogue(FOLDER / "catalogue.yaml"))


def arrow(drawn: Picture, source: str, target: str) -> Arrow:
    return next(one for one in drawn.arrows if (one.source, one.target) == (source, target))


def texts(drawing: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def test_the_picture_speaks_the_language_of_its_reader(flows: FlowSet) -> None:
    """Prompts, choices and the words of the diagram; conditions as they are written, without dots."""
    for language, choice, said in (
        ("es", "saldo (1)", "Para su saldo, diga saldo"),
        ("ca", "saldo (1)", "Per al seu saldo, digui"),
        ("en", "balance (1)", "For your balance, say balance"),
    ):
        drawn = picture(flows.flow("main"), language)
        assert arrow(drawn, "main_menu", "customer_number").label == choice
        menu = next(figure for figure in drawn.figures if figure.name == "main_menu")
        assert menu.text.startswith(said)
        assert (menu.shape, menu.title) == ("asks", "Main menu")
    assert arrow(drawn, "owes", "tell").label == "account balance > 0"
    assert [figure.shape for figure in drawn.figures[:2]] == ["ends", "says"]


QUESTIONS = """flow: trial
languages: [es, ca, en]
person: person
steps:
  - ask: street
    type: digits
    length: 3
    prompt: {es: "¿Calle?", ca: "Carrer?", en: "Street?"}
  - confirm: street
    prompt: {es: "¿{street}?", ca: "{street}?", en: "{street}?"}
    "yes": open_it
    "no": street
  - id: open_it
    case: complaint
    about: {street: "{street}"}
    say: {es: "{complaint:digits}.", ca: "{complaint:digits}.", en: "{complaint:digits}."}
    failed: person
  - hangup: normal
  - {id: person, queue: billing, busy: {offer: callback, declined: sorry}}
  - id: sorry
    hangup: normal
"""


def test_a_confirmation_is_told_from_its_question() -> None:
    """Both are about the street; and a case that cannot be opened is no question without an answer."""
    flow = flow_set(QUESTIONS).flow("trial")
    for language, right, undone in (
        ("es", "Street: ¿es correcto?", "no se ha podido"),
        ("ca", "Street: és correcte?", "no s'ha pogut fer"),
        ("en", "Street: is that right?", "could not be done"),
    ):
        drawn = picture(flow, language)
        titles = {figure.name: figure.title for figure in drawn.figures}
        assert titles["street"] == "Street"
        assert titles["confirm_street"] == right
        assert arrow(drawn, "open_it", "person").label == undone


def test_what_all_lead_to_is_drawn_below_what_leads_on_to_it() -> None:
    """The main menu hangs on what comes before it, and not on the last step that leads back to it."""
    drawn = picture(load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml")).flow("main"), "es")
    order = {figure.name: at for at, figure in enumerate(drawn.figures)}
    into = [arrow.source for arrow in drawn.arrows if arrow.target == "main_menu"]
    assert into
    assert all(order[source] < order["main_menu"] for source in into)


def test_what_goes_wrong_is_drawn_lightly_or_noted(flows: FlowSet) -> None:
    """Every question's way to the person is a note; what leads elsewhere is one light arrow."""
    drawn = picture(flows.flow("main"), "en")
    menu = next(figure for figure in drawn.figures if figure.name == "main_menu")
    assert [note.text for note in menu.notes] == ["no answer → Person"]
    wrong = arrow(drawn, "account", "unavailable")
    assert (wrong.light, wrong.label) == (True, "too slow / does not work")
    assert arrow(drawn, "anything_else", "goodbye").label == "no / no answer"
    assert not arrow(drawn, "anything_else", "goodbye").light


def test_values_are_shown_as_names_and_long_prompts_cut() -> None:
    """Nobody outside knows `{account.balance:money}`."""
    long = "palabra " * 40
    steps = f"  - ask: n\n    type: digits\n    length: 4\n    prompt: {{es: '{long}'}}\n"
    steps += "  - id: s\n    say: {es: 'Son {n:digits} ya.'}\n  - hangup: normal\n"
    drawn = picture(flow_set(HEAD + steps).flow("trial"), "es")
    texts_of = {figure.name: figure.text for figure in drawn.figures}
    assert texts_of["s"] == "Son ‹n› ya."
    assert texts_of["n"].endswith("palabra …")
    assert len(texts_of["n"]) <= 112


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            'order.status == "out_for_delivery" or order.late == true',
            "order status = out for delivery o order late",
        ),
        ("account.balance >= 0 and not account.open", "account balance ≥ 0 y no account open"),
        ("caller.segment in ['vip', 'gold']", "segmento de quien llama es uno de [vip, gold]"),
    ],
)
def test_conditions_are_written_as_people_write_them(source: str, words: str) -> None:
    """Without dots, quotes and double signs."""
    assert condition_words(source, "es") == words


def test_a_subflow_comes_back() -> None:
    """What runs off the end of the page leads to the flow before."""
    flows = flow_set(
        HEAD + '  - say: {es: "a"}\n',
        HEAD.replace("trial", "user") + "  - subflow: trial\n  - hangup: normal\n",
    )
    drawn = picture(flows.flow("trial"), "es")
    assert [(one.source, one.target) for one in drawn.arrows] == [(START, "say_1"), ("say_1", RETURNS)]


def test_every_node_type_has_a_shape(flows: FlowSet) -> None:
    """A node is drawn by its ports; what a new one says of itself must be a shape that is drawn."""
    shapes = {"says", "asks", "decides", "looks_up", "does", "people", "ends", None}
    assert {node.drawn_as for node in NODES.values()} <= shapes


def test_the_svg_is_whole_and_needs_nothing_from_outside(flows: FlowSet) -> None:
    """Well-formed, titled for screen readers, no link, no script, no font to be fetched."""
    drawing = svg(picture(flows.flow("main"), "es"))
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img"
    labelled = str(root.get("aria-labelledby")).split()
    assert [root.find(f"./*[@id='{name}']") is not None for name in labelled] == [True, True]
    desc = root.find(f"{SVG}desc")
    assert desc is not None
    assert "Main menu → Customer number (saldo (1))" in str(desc.text)
    assert not [element.tag for element in root.iter() if "href" in element.attrib or "script" in element.tag]
    for outside in ("http://", "https://", "url(http", "@import"):
        assert outside not in drawing.replace("http://www.w3.org/2000/svg", "")
    said = " ".join(texts(drawing))
    assert "“Para su saldo, diga saldo o" in said
    assert "marque cero.”" in said


def test_what_calls_did_is_written_on_arrows_and_steps(flows: FlowSet) -> None:
    """Calls and their share on every arrow, ends in a badge, asked-for persons in a note."""
    traffic = Traffic(
        200,
        {"main_menu": 200, "customer_number": 150},
        {("main_menu", "balance"): 150, ("main_menu", "@person"): 12, ("main_menu", "failed"): 3},
        {"customer_number": 40},
    )
    drawn = picture(flows.flow("main"), "en", traffic)
    assert arrow(drawn, "main_menu", "customer_number").calls == 150
    assert arrow(drawn, "main_menu", "person").calls == 0
    written = texts(svg(drawn))
    assert "150 (75 %)" in written
    assert "40 end here" in written
    assert "200 calls" in written
    assert "asks for a person: 12" in written
    assert "no answer → Person: 3" in written
    assert "150" in mermaid(drawn)
    assert "<b>40 end here</b>" in mermaid(drawn)


def test_one_call_is_one_call(flows: FlowSet) -> None:
    """Nobody reads of 1 calls."""
    drawn = picture(flows.flow("main"), "es", Traffic(1, {"main_menu": 1}, {}, {}))
    for shown in (texts(svg(drawn)), mermaid(drawn)):
        assert "1 llamada" in shown
        assert "1 llamadas" not in shown


def test_what_the_tests_have_walked_can_be_coloured(flows: FlowSet) -> None:
    """By class and by sign, for those who do not see colours."""
    drawing = svg(picture(flows.flow("main"), "en"), {"tell": "missed", "told": "covered", "owes": "partly"})
    groups = {g.get("class"): g for g in ElementTree.fromstring(drawing).iter(f"{SVG}g")}
    for classes, sign in (
        ("figure says missed", "✗"),
        ("figure does covered", "✓"),
        ("figure decides partly", "½"),
    ):
        assert sign in [text.text for text in groups[classes].iter(f"{SVG}text")]


def test_no_text_of_a_flow_becomes_markup() -> None:
    """Neither in SVG nor in Mermaid, whatever a designer writes."""
    drawn = picture(flow_set(NASTY).flow("trial"), "es")
    root = ElementTree.fromstring(svg(drawn))
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    text = mermaid(drawn)
    label = next(line for line in text.splitlines() if line.startswith("  s_end("))
    inside = label.removeprefix('  s_end("').rpartition('")')[0]
    for part in ("mensaje", "<br/>", "<b>", "</b>"):
        inside = inside.replace(part, "")
    assert not set(inside) & set('"<>`|[]{}()\\%')
    assert "%%{" not in text


# --- as Mermaid --------------------------------------------------------------------------------------


def test_mermaid_has_a_line_for_every_step_and_arrow(flows: FlowSet) -> None:
    """The whole text was read once by Mermaid's own parser (11.17)."""
    drawn = picture(flows.flow("main"), "en")
    lines = mermaid(drawn).splitlines()
    assert lines[:4] == ["---", 'title: "Main"', "---", "flowchart TD"]
    assert '  s_main_menu -->|"balance #40;1#41;"| s_customer_number' in lines
    assert '  s_account -.->|"too slow / does not work"| s_unavailable' in lines
    assert sum("-->" in line or "-.->" in line for line in lines) == len(drawn.arrows)
    assert sum(":::" in line for line in lines) == len(drawn.figures)


def test_every_kind_of_step_has_a_word_in_every_language() -> None:
    """No reader is shown the name that a file has for it, unless the word is the same in their language."""
    for name in NODES:
        words = [title(name, language) for language in ("es", "ca", "en")]
        assert len(set(words)) > 1 or name in {"menu"}, f"`{name}` has no words of its own: {words}"


def test_what_the_program_knows_is_said_in_the_readers_language() -> None:
    """Facts of the caller and the queue, and yes and no; what designers named stays theirs."""
    assert condition_words('caller.segment == "blocked"', "ca") == "segment de qui truca = blocked"
    assert condition_words("caller.human_first == true", "en") == "a person first"
    assert (
        condition_words("queue.wait > 600 and more == 'yes'", "es")
        == "espera prevista, en segundos > 600 y more = sí"
    )
    facts = {f"caller.{name}" for name in CALLER_FACTS} | set(QUEUE_TYPES)
    assert {
        fact for fact in facts if condition_words(fact, "es") == fact.replace(".", " ").replace("_", " ")
    } == set()


def test_the_main_flow_is_drawn_without_words_of_the_program() -> None:
    """In Catalan: captions and conditions are words, and who asks for a person is drawn as reaching people."""
    shipped = load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))
    drawn = picture(shipped.flow("main"), "ca")
    captions = {figure.name: figure.caption for figure in drawn.figures}
    assert (captions["greeting"], captions["known_matter"]) == ("salutació", "drecera")
    assert arrow(drawn, "welcome", "not_welcome").label == "segment de qui truca = blocked"
    shapes = {figure.name: figure.shape for figure in drawn.figures}
    assert (shapes["person"], captions["person"], shapes["hand_over"]) == ("people", "persones", "people")
    assert (shapes["to_pay"], shapes["balance"]) == ("does", "does")
    changed = picture(shipped.flow("cancel_order"), "ca")
    labels = {part for one in changed.arrows for part in one.label.split(" / ")}
    labels |= {note.text.partition(" →")[0] for figure in changed.figures for note in figure.notes}
    assert {"fet", "es farà més tard"} <= labels
    assert not {"done", "later"} & labels
