"""Somebody whom a campaign calls over SIP, on a real FreeSWITCH, objects over the first sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import gevent
import pytest

from data.store import Store
from dialogs.universals import OBJECTION
from ivr.campaigns.dialling.settings import CampaignSettings, TrunkSettings
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES
from tests.campaigns.dialling.callees import write_flow
from tests.campaigns.dialling.paper import campaign_of, numbers_of, people_in
from tests.campaigns.dialling.speakers import silence, write_flows
from tests.campaigns.dialling.test_calls import record_of
from tests.databases import store_at
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import freeswitch, wait_until
from tests.freeswitch.leg import Leg
from tests.freeswitch.product import ProductStage, beside, configuration, on_free_port
from tests.freeswitch.telephone import Telephone, telephone
from tests.models import need_model

pytestmark = [pytest.mark.freeswitch, pytest.mark.timeout(240)]


@dataclass
class Place:
    """A server that dials for campaigns by a trunk to one telephone, and understands Spanish."""

    stage: ProductStage
    store: Store
    telephone: Telephone
    people: Iterator[int] = field(default_factory=lambda: count(900))
    """A test that is run again calls somebody else."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    need_freeswitch()
    need_model("whisper-base")
    folder = tmp_path_factory.mktemp("objections")
    write_flow(folder)
    write_flows(folder)
    store_at(folder / "ivr.sqlite3").close()
    settings = on_free_port(
        Settings(
            home=folder,
            database=DatabaseSettings(url=f"sqlite:///{folder}/ivr.sqlite3"),
            prompts=folder.parent / "prompts",
            speech=SpeechSettings(engine="whisper"),
        )
    )
    with freeswitch(configuration(settings)) as switch, telephone(switch.sip, "34930000000") as everybody:
        dial = f"sofia/ivr/{{digits}}@{everybody.host}:{everybody.port}"
        trunks = (TrunkSettings(name="telephone", dial=dial),)
        settings = settings.model_copy(update={"campaigns": CampaignSettings(trunks=trunks)})
        stage = ProductStage(beside(settings, switch))
        stage.server.start()
        store = Store(settings.database_url)
        try:
            stage.server.rooms.voice.wait_warm()
            yield Place(stage, store, everybody)
        finally:
            stage.server.stop(1.0)
            store.close()


def test_who_objects_over_the_first_sentence_is_heard(place: Place) -> None:
    """Their words stop it, are on record at that sentence, and nobody calls this telephone any more."""
    speaker = Speaker(CALLER_VOICES)
    hello, objects = speaker.speak("¿Sí?", "es"), speaker.speak("No me llamen más, por favor.", "es")
    speaker.close()
    legs: list[Leg] = []

    def lived() -> None:
        leg = place.telephone.called(120)
        legs.append(leg)
        leg.ring()
        leg.answer()
        leg.say(hello)
        leg.wait_heard(lambda heard: any(any(frame.samples) for frame in heard), 30)
        leg.say(silence(1.0) + objects)
        leg.over.wait(90)

    living = gevent.spawn(lived)
    numbers = (numbers_of(next(place.people)),)
    ids = people_in(place.store, numbers)
    now = place.stage.server.rooms.records.clock.utc()
    made = campaign_of(
        place.store, ids, numbers, name=numbers[0][0], at=now, flow="objected", trunk="telephone", attempts=1
    )
    wait_until(lambda: made.entry(place.store).state == "ended", 150, "the call does not end")
    living.join(10)
    (attempt,) = place.store.dial_attempts.of_entry(made.entry(place.store))
    assert (attempt.result, attempt.outcome) == ("answered", "objected")
    record = record_of(place.store, made, 0)
    assert [(turn.who, turn.step, turn.universal) for turn in record.turns if turn.text][:2] == [
        ("system", "tell", ""),
        ("caller", "tell", OBJECTION),
    ]
    assert place.store.suppressions.contains("number", numbers[0][0])
    assert len(legs) == 1
