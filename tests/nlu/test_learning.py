"""What nobody understood: masked, grouped, labelled, and compared before it goes to callers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dialogs.asides import STEP as ASIDES
from dialogs.effects import Understand
from ivr.cli import root
from ivr.understanding.built_in import BuiltIn
from ivr.understanding.comparing import picture, rows
from ivr.understanding.concepts import concepts_of
from ivr.understanding.examples import Example, Examples, read_examples
from ivr.understanding.masking import MASK, masked
from ivr.understanding.understanding import Understanding
from ivr.understanding.unheard import LARGEST, Unheard, groups_of, read_unheard

PAY = ("quiero pagar", "pagar la factura", "abonar el recibo", "pago con tarjeta", "puedo pagar")
KNOWN = frozenset(
    ("quiero", "quisiera", "darme", "ya", "la", "mi", "es", "una", "del", "de", "deme", "contrato")
)
HOURS = ("qué horario tienen", "a qué hora abren", "cuándo cierran", "abren hoy", "horario")


SAID = [
    ("mi número es 600 111 222 gracias", "es", "mi número es # gracias"),
    ("el seis cero cero uno uno uno", "es", "el #"),
    ("escríbame a juan@ejemplo.es hoy", "es", "… a … hoy"),
    ("juan arroba ejemplo punto es", "es", "…"),
    ("me llamo Núria Puig", "es", "me llamo … …"),
    ("me llamo rosa y quiero pagar", "es", "me llamo … … … …"),
    ("quiero hablar con Mercedes por lo mío", "es", "quiero hablar con … por lo mío"),
    ("soy pepita zubizarreta y quiero saber lo mío", "es", "soy … … y quiero saber lo mío"),
    ("vivo en la calle mayor quince tercero segunda", "es", "vivo en … … … # … …"),
    ("em dic jordi puigdomènech", "ca", "em dic … …"),
    ("soc la neus i no tinc internet", "ca", "soc la … i no tinc internet"),
    ("my name is mary jones", "en", "my name is … …"),
    ("i'm gladys and my line is down", "en", "i'm … and my line is down"),
    ("it's 14 acacia avenue in camden town", "en", "it's # … … in … town"),
    ("it's on my flight AB1234", "en", "it's on my flight #"),
    ("una cosa", "es", "una cosa"),
]
"""As people say it and recognisers write it: names small, nothing before them."""


@pytest.mark.parametrize(("said", "language", "kept"), SAID)
def test_who_somebody_is_is_not_kept(built_in: BuiltIn, said: str, language: str, kept: str) -> None:
    """No digits, no number words, no address, no name; what the examples have stays."""
    built_in.parse("x", language, deadline=60.0)
    assert masked(said, language, lambda word: built_in.knows(word, language)).split() == kept.split()


def test_without_examples_at_hand_no_word_is_kept() -> None:
    """A server that has no model knows of no word that it is no name."""
    assert masked("quiero pagar con la tarjeta", "es", lambda _word: False).split() == [MASK] * 5


def test_a_word_that_the_examples_lack_is_kept_once_many_said_it(tmp_path: Path) -> None:
    """Five different sentences, not one said five times: then it is no name, and worth learning."""
    file = tmp_path / "not_understood.jsonl"
    kept = Unheard(file)
    for said in ("quiero portabilidad", *["quiero portabilidad"] * 6, "portabilidad ya", "la portabilidad"):
        kept.keep(said, "es", KNOWN.__contains__)
    assert not any("portabilidad" in text for text in read_unheard(file, "es"))
    kept.keep("una portabilidad", "es", KNOWN.__contains__)
    kept.keep("mi portabilidad es ya", "es", KNOWN.__contains__)
    assert read_unheard(file, "es")[-1] == "mi portabilidad es ya"
    Unheard(file).keep("otra portabilidad", "es", KNOWN.__contains__)
    assert read_unheard(file, "es")[-1] == f"{MASK} {MASK}"


def test_only_what_was_not_understood_is_kept(built_in: BuiltIn, tmp_path: Path) -> None:
    """Neither what was, nor a bad answer to another question, nor more than the file may hold."""
    file = tmp_path / "not_understood.jsonl"
    engines = Understanding(built_in, now=lambda: 0.0, unheard=Unheard(file))

    def asked(text: str, name: str = "reason") -> None:
        engines.understand(Understand(name, text, "es", ("pay", "balance"), (), "step", 60.0))

    asked("quiero pagar la factura")
    asked("xilofón marciano", ASIDES)
    asked("xilofón para la cocina de vladimir 44")
    assert read_unheard(file, "es") == ["… para la cocina de … #"]
    assert read_unheard(file, "ca") == []
    with file.open("a", encoding="utf-8") as opened:
        opened.write("damaged\n" + " " * LARGEST)
    asked("xilofón marciano")
    assert len(read_unheard(file, "es")) == 1


def test_what_is_alike_is_one_group_and_rare_words_are_masked() -> None:
    """A word that no example has is shown from three sentences on; what the examples have is left out."""
    have = tuple(Example(text, "pay", "es/x.yml", 1) for text in PAY)
    examples = Examples("es", have)
    said = ["quiero devolver la factura", "devolver una factura", "puedo devolver la factura ya"]
    said += ["devolver la factura", "devolver la factura", "quiero pagar", "la factura pérez"]
    groups = groups_of(said, examples, concepts_of("es", []))
    assert groups[0].sentences[0] == "devolver la factura"
    assert groups[0].count >= 4
    shown = [text for group in groups for text in group.sentences]
    assert "quiero pagar" not in shown
    assert any(text == f"la factura {MASK}" for text in shown)
    assert not any("pérez" in text for text in shown)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with few examples of its own, in Spanish."""
    text = "nlu:\n"
    for intent, sentences in (("pay", PAY), ("hours", HOURS)):
        text += f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {said}\n" for said in sentences)
    for name in ("es/some.yml", "held_back/es.yml"):
        (tmp_path / "nlu" / name).parent.mkdir(parents=True)
        (tmp_path / "nlu" / name).write_text(text, "utf-8")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(root, ["--log-level", "error", "nlu", *arguments])
    return done.exit_code, done.stdout, str(done.stderr or done.exception or "")


def test_from_what_was_said_to_a_better_model(home: Path) -> None:
    """Learn, label, train, and the gain is told before anybody publishes it."""
    status, _, told = run("learn")
    assert status != 0
    kept = Unheard(home / "nlu_learning" / "not_understood.jsonl")
    for text in (
        "quisiera darme de baja",
        "darme de baja ya",
        "la baja del contrato",
        "deme de baja",
        "una baja",
    ):
        kept.keep(text, "es", KNOWN.__contains__)
    assert run("train")[0] == 0
    assert run("test", "--out", str(home / "before"))[0] == 0
    status, told, _ = run("learn", "--json")
    assert status == 0
    file = Path(json.loads(told.splitlines()[-1])["file"])
    text = file.read_text("utf-8")
    assert "darme de baja" in text or MASK in text
    file.write_text(
        "es:\n- intent: leave\n  examples: |\n    - quisiera darme de baja\n    - quiero la baja\n"
        "    - darme de baja\n    - deme de baja\n- intent:\n  examples: |\n    - algo\n"
        "- intent: pay\n  examples: |\n    - quiero pagar\n",
        "utf-8",
    )
    status, told, known = run("label", str(file), "--json")
    assert status == 0
    assert json.loads(told.splitlines()[-1]) | {"files": []} == {
        **{"taken": 4, "known": 1, "undecided": 1, "files": []}
    }
    assert "`quiero pagar` is there already" in known
    assert "leave" in read_examples(home / "nlu", "es").intents
    assert run("train")[0] == 0
    before = home / "before" / "nlu-built-in.json"
    status, told, _ = run("test", "--out", str(home / "after"), "--compare", str(before))
    assert status == 0
    assert "gain" in told
    assert (home / "after" / "nlu-comparison-es.svg").read_text("utf-8").startswith("<svg")


def test_a_contradiction_takes_nothing(home: Path) -> None:
    """Every one is told with its line and the other place; something masked is not learnt either."""
    file = home / "labelled.yml"
    file.write_text(
        "es:\n- intent: hours\n  examples: |\n    - quiero pagar\n    - soy … y llego tarde\n    - nuevo\n"
        "- intent: Bad\n  examples: |\n    - algo\nxx: []\n",
        "utf-8",
    )
    status, _, told = run("label", str(file))
    assert status == 1
    assert "labelled.yml:4" in told
    assert "is `hours` here and `pay` at es/some.yml:4" in told
    assert "labelled.yml:5" in told
    assert "small letters" in told
    assert "remove it" in told
    assert not (home / "nlu" / "es" / "learnt.yml").exists()


def test_reports_are_compared_figure_by_figure() -> None:
    """The gain of the last over the first; an intent whose F1 hardly moves is not told."""
    figures = {"ranked_first": 1.0, "false_rejection": 0.0, "out_of_scope_recall": None, "sure": 0.5}
    old = {
        "languages": {
            "es": {"model": "1a", **figures, "intent_accuracy": 0.8, "f1": {"pay": 0.7, "hours": 0.9}}
        }
    }
    new = {
        "languages": {
            "es": {"model": "2b", **figures, "intent_accuracy": 0.9, "f1": {"pay": 0.8, "hours": 0.905}}
        }
    }
    told = {row[0]: row[1:] for row in rows({"old": old, "new": new}, "es")}
    assert told["model"] == ["1a", "2b", ""]
    assert told["intent accuracy"] == ["80.0%", "90.0%", "+10.0%"]
    assert told["F1 pay"] == ["0.70", "0.80", "+0.10"]
    assert "F1 hours" not in told
    assert told["out of scope recall"] == ["-", "-", "-"]
    assert picture({"old": old, "<new>": new}, "es").count("&lt;new&gt;") == 1
