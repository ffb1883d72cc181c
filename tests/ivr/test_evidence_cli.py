"""The commands around identities, cases and consents: what they show, change, and note in the audit log."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from data.ids import new_id
from data.records import Consent
from data.seeds import CUSTOMERS, demo_customers
from data.spool import Spool
from data.store import Store
from data.verification import Lockout
from dialogs.effects import Consent as ConsentEffect
from dialogs.effects import OpenCase
from dialogs.results import CaseOpened, Done, Failed
from ivr import cli
from ivr.cases import Cases
from ivr.clock import Clock
from ivr.errors import IvrError
from ivr.evidence import Evidence, sha256_of
from ivr.identity.pins import Hashing
from ivr.occasion import Occasion, ServedCustomer
from ivr.outbox import Kind, Outbox
from ivr.safekeeping import Safekeeping
from tests.databases import store_at

ANA = demo_customers()[0].customer_number


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the made-up customers."""
    folder = tmp_path_factory.mktemp("home")
    store_at(folder / "ivr.sqlite3", customers=CUSTOMERS).close()
    return folder


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{home}/ivr.sqlite3")
    yield store
    store.close()


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("IVR_HOME", str(home))
    return Run()


class Run:
    """`ivr` with these words."""

    def __call__(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(cli.root, list(words), input=typed)


def clip(folder: Path, name: str = "2026/11/23/a-consent-1.wav") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x10\x20" * 8000)
    return file


def test_a_pin_is_asked_for_and_kept_as_a_hash(run: Run, store: Store) -> None:
    """Typed twice, shown never; it then proves that customer."""
    done = run("identity", "set-pin", ANA, typed="7302\n7302\n")
    assert done.exit_code == 0, done.output
    assert "7302" not in done.output
    known = store.verifications.person("customer_number", ANA)
    assert known is not None and known.pin_hash is not None
    assert known.pin_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    hashing = Hashing()
    assert (hashing.proves("7302", known.pin_hash), hashing.proves("7303", known.pin_hash)) == (True, False)
    assert not hashing.proves("7302", None)
    hashing.close()
    entries = store.audit.of_customer(known.customer_id)
    assert [(one.action, one.what) for one in entries][:1] == [("write", "identities: pin")]


@pytest.mark.parametrize("pin", ["1234", "4321", "7777", "1212", "739", "73o2", "7302733021234"])
def test_a_pin_that_anybody_guesses_is_refused(run: Run, pin: str) -> None:
    """With the reason and the remedy, and without the PIN."""
    done = run("identity", "set-pin", ANA, typed=f"{pin}\n{pin}\n")
    assert done.exit_code != 0
    assert isinstance(done.exception, IvrError)
    assert "--generate" in str(done.exception)
    assert f" {pin} " not in str(done.exception)


def test_a_drawn_pin_is_shown_once(run: Run, store: Store) -> None:
    """And it is the one that was kept; of somebody who is not there, nothing is."""
    done = run("identity", "set-pin", ANA, "--generate", "--digits", "6")
    pin = done.output.split(" to ")[1][:6]
    known = store.verifications.person("customer_number", ANA)
    hashing = Hashing()
    assert known is not None and hashing.proves(pin, known.pin_hash)
    hashing.close()
    missing = run("identity", "set-pin", "99994", "--generate")
    assert "There is no customer 99994" in str(missing.exception)


def test_a_dni_is_noted_in_one_form(run: Run, store: Store) -> None:
    """And only with the right letter."""
    assert run("identity", "set-dni", ANA, "12.345.678-z").exit_code == 0
    known = store.verifications.person("dni", "12345678Z")
    assert known is not None and known.customer_number == ANA
    assert "the letter does not fit" in str(run("identity", "set-dni", ANA, "12345678A").exception)


def test_locks_are_shown_and_lifted(run: Run, store: Store) -> None:
    """By customer number, though the lock knows a hash only; a second time there is nothing to lift."""
    verifications, now = store.verifications, datetime.now(UTC)
    known = verifications.person("customer_number", ANA)
    assert known is not None
    whose = verifications.subject("customer", str(known.customer_id))
    until = now + timedelta(days=1)
    verifications.lock(Lockout(scope="subject", subject=whose, reason="5 wrong", since=now, until=until))
    verifications.lock(Lockout(scope="caller", subject="", reason="50 wrong", since=now, until=until))
    shown = json.loads(run("identity", "locks", "--json").output)
    assert {(one["scope"], one["reason"]) for one in shown["locks"]} == {
        ("subject", "5 wrong"),
        ("caller", "50 wrong"),
    }
    words = ("identity", "unlock", "--customer", ANA, "--why", "came in person")
    assert [run(*words).exit_code for _ in range(2)] == [0, 1]
    assert run("identity", "unlock", "--caller", "withheld", "--why", "test").exit_code == 0
    assert run("identity", "locks").output.strip() == "nobody is locked out"
    assert run("identity", "unlock", "--why", "whose?").exit_code == 2


def test_a_case_is_opened_once_and_shown(run: Run, store: Store, tmp_path: Path) -> None:
    """Eight digits with a check digit; it belongs to whoever has proved who they are, and to nobody else."""
    cases, call = Cases(store, Clock(), safe_in(tmp_path)), new_id()
    known = store.verifications.person("customer_number", ANA)
    assert known is not None
    ana = Occasion(call, "+34600111222", "main", "case", "es", ServedCustomer(known.customer_id, ANA))
    wanted = OpenCase("complaint", {"topic": "factura"}, "case")
    opened = [cases.open(wanted, ana) for _ in range(2)]
    assert isinstance(opened[0], CaseOpened) and opened[0] == opened[1]
    reference = opened[0].reference
    shown = run("case", "show", reference)
    assert f"{reference}  complaint (factura), open, of customer {ANA}" in shown.output
    assert "topic: factura" in shown.output
    assert store.audit.of_customer(known.customer_id, most=1)[0].why == "ivr case show"
    nobody = cases.open(wanted, Occasion(new_id(), "", "main", "case", "es"))
    assert isinstance(nobody, CaseOpened) and nobody.reference != reference
    assert json.loads(run("case", "show", nobody.reference, "--json").output)["customer_number"] == ""
    assert run("case", "show", "1' OR '1'='1").exit_code == 1


def safe_in(folder: Path) -> Safekeeping:
    return Safekeeping(Spool(folder / "spool"))


def test_a_case_without_a_database_waits_in_the_spool(store: Store, tmp_path: Path) -> None:
    """Under the reference that the caller was told, once; without a spool either it is failed."""
    gone = Store(f"sqlite:///{tmp_path}/nowhere.sqlite3")
    lost, occasion = Cases(gone, Clock(), safe_in(tmp_path)), Occasion(new_id(), "", "f", "s", "es")
    wanted = OpenCase("complaint", {"topic": "factura"}, "s")
    told = [lost.open(wanted, occasion) for _ in range(2)]
    assert isinstance(told[0], CaseOpened) and told[0] == told[1]
    assert Spool(tmp_path / "spool").drain(store).written == 2
    outbox = Outbox(store, owner="test", clock=Clock())
    outbox.takes("case", Kind(carry=Cases(store, Clock(), safe_in(tmp_path)).carry))
    assert outbox.carry("case") == 1
    outbox.wait_until_carried()
    case = store.tickets.by_number(told[0].reference)
    assert case is not None
    assert (case.kind, case.about, case.call_id) == ("complaint", {"topic": "factura"}, occasion.call_id)
    (tmp_path / "file").touch()
    nowhere = Cases(gone, Clock(), safe_in(tmp_path / "file"))
    assert isinstance(nowhere.open(wanted, occasion), Failed)
    gone.close()


def kept(store: Store, home: Path, *, by: str = "voice", name: str = "") -> tuple[Done | Failed, UUID]:
    call = new_id()
    effect = ConsentEffect(
        kind="direct_debit", given=True, terms="2026-03", text="Domiciliaremos el recibo. ¿Acepta?",
        answer="sí acepto", by=by, clip=name, language="es", step="ask",  # type: ignore[arg-type] # by hand
    )  # fmt: skip
    evidence = Evidence(store, home / "recordings", Clock(), safe_in(home))
    return evidence.keep(effect, Occasion(call, "+34600111222", "main", "ask", "es")), call


def test_a_spoken_yes_is_evidence(run: Run, store: Store, home: Path, tmp_path: Path) -> None:
    """Text, terms, language, time, answer and sound come out together, and the sound is checked."""
    file = clip(home / "recordings")
    name = str(file.relative_to(home / "recordings"))
    done, call = kept(store, home, name=name)
    assert done == Done()
    listed = json.loads(run("consent", "list", "--call", str(call), "--json").output)["consents"]
    assert [one["terms_version"] for one in listed] == ["2026-03"]
    number = listed[0]["id"]
    assert "clip_state: whole" in run("consent", "show", number).output
    out = run("consent", "export", number, "--to", str(tmp_path))
    assert out.exit_code == 0, out.output
    told = json.loads((tmp_path / f"consent-{number}.json").read_text("utf-8"))
    assert (told["text"], told["answer"]) == ("Domiciliaremos el recibo. ¿Acepta?", "sí acepto")
    assert told["clip_sha256"] == sha256_of(tmp_path / f"consent-{number}.wav") == sha256_of(file)
    assert [one.action for one in store.audit.latest(3)] == ["export", "read", "read"]
    file.write_bytes(file.read_bytes()[:-2] + b"\1\1")
    changed = run("consent", "show", number)
    assert (changed.exit_code, "clip_state: changed" in changed.output) == (1, True)
    assert "its checksum differs" in str(run("consent", "export", number).exception)
    file.unlink()
    assert "clip_state: missing" in run("consent", "show", number).output


def test_a_spoken_yes_without_its_sound_is_none(store: Store, home: Path) -> None:
    """Not recorded, gone, or never closed by the switch: nobody has agreed to anything."""
    assert isinstance(kept(store, home)[0], Failed)
    assert isinstance(kept(store, home, name="2026/11/23/never.wav")[0], Failed)
    half = clip(home / "recordings", "2026/11/23/b-consent-1.wav")
    half.write_bytes(half.read_bytes()[:-4000])
    evidence = Evidence(store, home / "recordings", Clock(speed=50.0), safe_in(home))
    effect = ConsentEffect("k", True, "1", "t", "sí", "voice", "2026/11/23/b-consent-1.wav", "es", "s")
    assert isinstance(evidence.keep(effect, Occasion(new_id(), "", "f", "s", "es")), Failed)


def test_a_keyed_yes_needs_no_sound(run: Run, store: Store, home: Path) -> None:
    """It says so, and there is nothing to play."""
    done, call = kept(store, home, by="keys")
    assert done == Done()
    (one,) = store.consents.of_call(call)
    assert isinstance(one, Consent) and one.clip is None
    assert "clip_state: none" in run("consent", "show", str(one.id)).output
    assert "The answer was keyed" in str(run("consent", "play", str(one.id)).exception)
    missing = run("consent", "show", str(new_id()))
    assert "There is no consent" in str(missing.exception)
