"""What Rasa is trained with, and what its models are named after."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ivr.understanding import rasa_place
from ivr.understanding.concepts import concepts_of
from ivr.understanding.port import RasaMissing
from ivr.understanding.rasa_features import pattern_of, write_features
from ivr.understanding.rasa_place import (
    OF_CATALAN,
    PARTS,
    UNSERVED,
    RasaPlace,
    find_python,
    pipeline_of,
)
from ivr.understanding.settings import SHIPPED
from ivr.understanding.words import read_as


def test_concepts_are_what_rasa_looks_for(tmp_path: Path) -> None:
    """One expression each, deaf to accents, with nothing in it that an entry could slip in."""
    import re  # noqa: PLC0415 - only here

    pattern = re.compile(pattern_of("pag*, número de cuenta, a+b"))
    assert pattern.search("quiero pagarlo")
    assert pattern.search("mi numero de cuenta")
    assert not pattern.search("propagar")
    assert not pattern.search("aab")
    write_features(concepts_of("es", [("pay", "pag*")]), tmp_path / "c.yml")
    assert "- regex: pay" in (tmp_path / "c.yml").read_text("utf-8")


def test_families_of_words_have_their_own_length_for_rasa(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the sentence; strange words make known ones weak; a region's word is the other one's."""
    monkeypatch.syspath_prepend(str(PARTS))
    from ivr_seen import FAMILIES, Seen  # type: ignore[import-not-found] # noqa: PLC0415 - Rasa's, found now

    texts = ["vull pagar avui", "vull pagar avui la factura del mes", "on és la comanda", "on és la comanda"]
    concepts = [("pay", pattern_of("pag*")), ("order", pattern_of("comanda"))]
    seen = Seen.learnt(texts, concepts, {"hui": "avui", "d": "de"})
    names = list(seen.rarity)

    def lengths(text: str, scale: float = 1.0) -> dict[str, float]:
        found: dict[str, float] = {}
        for column, value in seen.weighed(text, scale).items():
            family = names[column].split("\t")[0]
            found[family] = found.get(family, 0.0) + value * value
        return {family: square**0.5 for family, square in found.items()}

    whole = {family: FAMILIES[family] for family in ("word", "pair", "piece", "stem", "about")}
    for text in texts:
        assert {name: lengths(text)[name] for name in whole} == pytest.approx(whole)
    assert lengths("vull pagar", 4.0)["word"] == pytest.approx(4.0 * FAMILIES["word"])
    assert lengths("vull pagar ornitorincs")["word"] < 0.8 * FAMILIES["word"]
    assert seen.weighed("vull PAGAR hui") == seen.weighed("vull pagar avui")
    assert seen.weighed("") == seen.weighed("¿?")
    assert "beside\tcoman on" in names
    assert not any(name.startswith("beside\tdel") for name in names)  # one example's only
    assert Seen(seen.concepts, seen.same, dict(seen.rarity)).weighed(texts[1]) == seen.weighed(texts[1])
    assert len(seen.weighed("pagar " * 100_000)) < 100


def test_entities_are_learnt_from_the_sentences_that_teach_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that have one, twice as many that have none, and none of the others that say a marked word."""
    monkeypatch.syspath_prepend(str(PARTS))
    from ivr_taught import BESIDE, teaching  # type: ignore[import-not-found] # noqa: PLC0415 - as above

    marked = [{"text": "se rompió el router", "entities": [{"start": 13, "end": 19}]}] * 10
    unmarked = [{"text": "el Router no va"}, {"text": "los routers van"}, {"intent": "pay"}]
    others = [{"text": f"quiero pagar {number}"} for number in range(1000)]
    taught = teaching([*others[:500], *marked, *unmarked, *others[500:]])
    assert taught[:10] == marked
    assert 10 * BESIDE <= len(taught[10:]) <= 11 * BESIDE
    assert unmarked[0] not in taught
    assert {one["text"][:12] for one in taught[10:]} <= {"quiero pagar", "los routers "}
    assert taught[-1] in others[900:]
    assert teaching(others) == []


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_a_pipeline_names_its_language_and_what_regions_say(language: str) -> None:
    """Nothing is left to be filled in, and a word is read as words."""
    written = YAML(typ="safe").load(pipeline_of(language))
    parts = {part["name"].rpartition(".")[2]: part for part in written["pipeline"]}
    assert written["language"] == parts["SentenceEncoder"]["language"] == language
    assert parts["SentenceWords"]["same"] == read_as(language)
    assert parts["LeastSquares"]["unserved"] == UNSERVED[language]
    assert ("hui" in read_as(language)) == ("m" in read_as(language)) == (language == "ca")


def test_a_missing_python_is_told_plainly(tmp_path: Path) -> None:
    """Which one is needed, and how it is named; a shim with nothing behind it is none."""
    with pytest.raises(RasaMissing, match=r"RASA_PYTHON=.*python3\.10"):
        find_python({"PATH": str(tmp_path)})
    shim = tmp_path / "python3.10"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    with pytest.raises(RasaMissing, match=r"runs no Python 3\.10"):
        find_python({"PATH": str(tmp_path), "RASA_PYTHON": str(shim)})


def test_a_word_more_of_catalan_makes_no_other_model_of_spanish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be trained anew for minutes, and be the same; Catalan's is another."""
    parts = Path(shutil.copytree(PARTS, tmp_path / "parts"))
    monkeypatch.setattr(rasa_place, "PARTS", parts)
    place = RasaPlace(tmp_path / "rasa")
    spanish, catalan = place.model(SHIPPED, "es"), place.model(SHIPPED, "ca")
    with (parts / "catalan.tsv").open("a", encoding="utf-8") as words:
        words.write("zebra\tcebra\n")
    assert place.model(SHIPPED, "es") == spanish
    assert place.model(SHIPPED, "ca") != catalan
    monkeypatch.setitem(UNSERVED, "en", 9.0)
    assert place.model(SHIPPED, "es") == spanish
    monkeypatch.setitem(UNSERVED, "es", 9.0)
    assert place.model(SHIPPED, "es") != spanish


def test_a_model_of_rasa_is_named_after_all_that_it_is_made_of(tmp_path: Path) -> None:
    """Lock, pipeline, examples and concepts; and it is served on the loopback."""
    place = RasaPlace(tmp_path / "rasa")
    (tmp_path / "es").mkdir()
    (tmp_path / "es" / "a.yml").write_text("nlu: []\n")
    before = place.model(tmp_path, "es")
    (tmp_path / "es" / "a.yml").write_text("nlu: [] \n")
    after = place.model(tmp_path, "es")
    assert before != after
    assert {*OF_CATALAN} <= {part.stem for part in PARTS.iterdir()}
    command = place.serving(after, 5005)
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    with place.surroundings("serve-at-5005") as environment:
        assert Path(environment["PYTHONPATH"]).name == "rasa_parts"


def test_what_a_killed_rasa_unpacked_goes(tmp_path: Path) -> None:
    """It leaves a model in its temporary folder at each end; after a crash the next start clears up."""
    place = RasaPlace(tmp_path / "rasa")
    unpack = "import tempfile; tempfile.NamedTemporaryFile(prefix='model', delete=False)"
    for _ in range(2):
        with place.surroundings("serve-at-5005") as environment:
            scratch = Path(environment["TMPDIR"])
            assert list(scratch.iterdir()) == []
            subprocess.run([sys.executable, "-c", unpack], env=environment, check=True)
            assert len(list(scratch.iterdir())) == 1
        assert not scratch.exists()
    scratch.mkdir()
    (scratch / "modelx.crfsuite").write_bytes(b"of one that was killed, and so were we")
    with place.surroundings("serve-at-5005") as environment:
        assert list(Path(environment["TMPDIR"]).iterdir()) == []
