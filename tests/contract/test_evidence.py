"""The sound of a spoken yes, as the switch writes it, becomes evidence that nobody can change unseen."""

from __future__ import annotations

import wave
from pathlib import Path

from data.ids import new_id
from data.spool import Spool
from data.store import Store
from dialogs.effects import Consent
from dialogs.results import Done, Failed
from ivr.clock import Clock
from ivr.evidence import Evidence, sha256_of
from ivr.occasion import Occasion
from ivr.safekeeping import Safekeeping
from tests.contract.place import ALMOST_ALL, Application, Place, arrived, connected, pause
from tests.databases import store_at
from tests.freeswitch.sound import noise


def consent(clip: str) -> Consent:
    return Consent(
        kind="direct_debit", given=True, terms="2026-03", text="¿Acepta?", answer="sí, acepto", language="es",
        by="voice", clip=clip, step="direct_debit",
    )  # fmt: skip


def test_a_spoken_yes_is_kept_as_it_was_said(place: Place, application: Application, tmp_path: Path) -> None:
    """Asked for the moment the recording is told to end: the switch is still closing the file, and what is
    kept is the whole of it."""
    store: Store = store_at(tmp_path / "ivr.sqlite3")
    evidence = Evidence(store, place.folder, Clock(), Safekeeping(Spool(tmp_path / "spool")))
    said, name = noise(1.2, seed=7), f"{new_id()}-consent-1.wav"
    caller, session = connected(place, application)
    session.call.start_voice_recording(place.folder / name)
    assert caller.say(said).wait(5)
    pause(0.3)
    session.call.stop_voice_recording()
    occasion = Occasion(new_id(), "+34600111222", "main", "direct_debit", "es")
    assert evidence.keep(consent(name), occasion) == Done()
    (kept,) = store.consents.of_call(occasion.call_id)
    caller.hang_up()
    session.hung_up()
    clip = place.folder / name
    assert (kept.clip, kept.e164, kept.terms_version) == (name, "+34600111222", "2026-03")
    assert kept.clip_sha256 == sha256_of(clip), "the switch wrote on after it was kept"
    with wave.open(str(clip), "rb") as stream:
        assert (stream.getnchannels(), stream.getframerate()) == (1, 8000)
        assert arrived(said, stream.readframes(stream.getnframes())) > ALMOST_ALL
    store.close()


def test_a_yes_whose_sound_is_not_there_is_none(
    place: Place, application: Application, tmp_path: Path
) -> None:
    """The switch was never told to record, or its disk is gone: it does not count."""
    store: Store = store_at(tmp_path / "ivr.sqlite3")
    caller, session = connected(place, application)
    occasion = Occasion(new_id(), "+34600111222", "main", "direct_debit", "es")
    safe = Safekeeping(Spool(tmp_path / "spool"))
    kept = Evidence(store, place.folder, Clock(), safe).keep(consent("nothing.wav"), occasion)
    assert isinstance(kept, Failed) and store.consents.of_call(occasion.call_id) == ()
    caller.hang_up()
    session.hung_up()
    store.close()
