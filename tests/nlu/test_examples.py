"""Training examples: read with their lines, and checked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ivr.understanding.checking import problems_of
from ivr.understanding.concepts import read_concepts
from ivr.understanding.examples import (
    APART,
    OUT_OF_SCOPE,
    Marked,
    languages_in,
    read_apart,
    read_examples,
    version_of,
)
from ivr.understanding.naming import names_of
from ivr.understanding.settings import SHIPPED

LANGUAGES = ("ca", "en", "es")


def written(folder: Path, text: str, name: str = "es/some.yml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return folder


def checked(folder: Path) -> list[str]:
    apart = [read_apart(folder, "es", which) for which in APART]
    return [str(one) for one in problems_of(read_examples(folder, "es"), apart, read_concepts(folder, "es"))]


def test_every_sentence_knows_its_line_and_what_is_marked_in_it(tmp_path: Path) -> None:
    """Marks are taken out of the text; their letters are counted in it."""
    folder = written(
        tmp_path,
        'version: "3.1"\n# a note\nnlu:\n- intent: pay\n  examples: |\n'
        '    - pagar [cien euros](amount) ya\n\n    - la [tele]{"entity": "product", "value": "TV"}\n',
    )
    first, second = read_examples(folder, "es").sentences
    assert (first.text, first.line, first.file) == ("pagar cien euros ya", 6, "es/some.yml")
    assert first.marked == (Marked("amount", "cien euros", 6, 16),)
    assert (second.line, second.marked) == (8, (Marked("product", "TV", 3, 7),))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("nlu:\n- intent: Pay\n  examples: |\n    - pagar\n", 2, "small letters"),
        ("nlu:\n- intent: pay\n  examples: |\n    pagar\n", 4, "begins with `- `"),
        ("nlu:\n- intent: pay\n  examples: |\n    - pagar [cien euros\n", 4, "bracket without its partner"),
        ('nlu:\n- intent: pay\n  examples: |\n    - "…"\n', 4, "no word in it"),
        ('nlu:\n- intent: pay\n  examples: |\n    - [x]{"entity" "y"}\n', 4, "cannot read the entity"),
        ("nlu:\n- lookup: pay\n  examples: |\n    - x\n", 2, "`lookup` is not read here"),
        ("nlu:\n- intent: pay\n", 2, "no examples"),
        ("nlu:\n- intent: pay\n  examples: |\n    - " + "la " * 200 + "\n", 4, "more than 400 letters"),
        ("rules: []\n", 1, "begin with `nlu:`"),
        ("nlu:\n- intent: pay\n  examples: &x |\n    - pagar\n", 3, "&"),
        ('version: "2.0"\nnlu: []\n', 1, 'write `version: "3.1"`'),
        ("stories: []\nnlu: []\n", 1, "`stories` is not read here"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, told: str, tmp_path: Path) -> None:
    """One line, with what to do."""
    problems = read_examples(written(tmp_path, text), "es").problems
    assert problems
    assert problems[0].line == line
    assert told in str(problems[0])


def test_duplicates_contradictions_and_tests_that_are_trained_on_are_found(tmp_path: Path) -> None:
    """Each with its place; case, accents and signs make no other sentence. What is held back stays so."""
    some = "".join(f"    - pagar la factura número {n}\n" for n in range(20))
    others = "".join(f"    - saldo de la cuenta {n}\n" for n in range(20))
    written(
        tmp_path,
        f"nlu:\n- intent: pay\n  examples: |\n{some}    - ¡Pagar la factura numero 3!\n"
        f"- intent: balance\n  examples: |\n{others}    - pagar la factura número 4\n"
        "- intent: rare\n  examples: |\n    - algo\n",
    )
    held = "nlu:\n- intent: balance\n  examples: |\n    - saldo cuenta 7 dígame\n"
    written(tmp_path, held, "held_back/es.yml")
    written(tmp_path, "pay: p*, abonar\n", "concepts/es.yml")
    problems = checked(tmp_path)
    assert [problem.split(":")[:2] for problem in problems] == [
        *(["concepts/es.yml", "1"], ["es/some.yml", "24"], ["es/some.yml", "34"]),
        *(["es/some.yml", "47"], ["es/some.yml", "50"]),
    ]
    assert "has 75% of the words of a sentence in held_back/es.yml" in problems[2]
    assert "dígame" not in problems[2]
    assert "`pay` at es/some.yml:8: decide for one" in problems[3]
    assert "`rare` has 1 examples" in problems[4]


def test_another_file_is_another_version(tmp_path: Path) -> None:
    """A model is named after what it was trained from, concepts included."""
    folder = written(tmp_path, "nlu: []\n")
    before = version_of(folder, "es")
    written(folder, "pay: pag*\n", "concepts/es.yml")
    assert version_of(folder, "es") != before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_examples_are_enough_and_sound(language: str) -> None:
    """Fifteen intents and more of eighty examples each; in either set apart 15 sentences of each and 100 of
    none, none of which shares more than 60 % of its words with an example of its intent."""
    assert languages_in(SHIPPED) == LANGUAGES
    examples = read_examples(SHIPPED, language)
    apart = [read_apart(SHIPPED, language, which) for which in APART]
    counted = Counter(example.intent for example in examples.sentences)
    assert len(counted) >= 16
    assert min(counted.values()) >= 80
    for kept in apart:
        told = Counter(example.intent for example in kept.sentences)
        assert set(told) == set(counted)
        assert told.pop(OUT_OF_SCOPE) == 100
        assert set(told.values()) == {15}
    assert problems_of(examples, apart, read_concepts(SHIPPED, language)) == []
    assert {marked.name for example in examples.sentences for marked in example.marked} == {
        *("order_id", "ticket_id", "amount", "date", "product"),
    }


def test_a_sentence_that_is_tuned_with_is_not_held_back_too(tmp_path: Path) -> None:
    """Whoever tunes with it would measure what they know."""
    twenty = "".join(f"    - pagar la factura número {n}\n" for n in range(20))
    written(tmp_path, f"nlu:\n- intent: pay\n  examples: |\n{twenty}")
    for name in APART:
        held = "nlu:\n- intent: pay\n  examples: |\n    - ¿les abono eso?\n"
        written(tmp_path, held, f"{name}/es.yml")
    (problem,) = checked(tmp_path)
    assert problem.startswith("held_back/es.yml:4")
    assert "stands at development/es.yml:4 too" in problem


def test_products_are_found_by_all_their_names_where_they_stand() -> None:
    """With the letters, and the name that they usually have."""
    names = names_of(read_examples(SHIPPED, "es"))
    text = "mire, el cacharro de internet y la Tele no van"
    found = [(one.value, text[one.begin : one.end]) for one in names.within(text)]
    assert found == [("router", "el cacharro de internet"), ("televisión", "la Tele")]
