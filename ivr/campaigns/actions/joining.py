"""Puts a person on the list of another campaign of the strategy, judged as a cut of its sample would."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from data.action_facts import ActionFacts
from data.base_facts import On
from data.campaigns import Campaign, Chosen
from data.dial_joining import TAKES, candidate, join_within
from data.once import Refusal
from data.records.actions import Action
from data.store import Store
from ivr.campaigns.actions.verdicts import Did, Dropped, PutOff, Verdict
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.declaration import file_of
from ivr.campaigns.samples import Cutter

AGAIN = timedelta(hours=1)
"""Until it is looked again whether the campaign is at work."""


def joined(
    store: Store,
    rulebook: Rulebook,
    action: Action,
    campaign: str,
    facts: ActionFacts,
    owner: str,
    on: On,
) -> Verdict:
    """They are on the list; or the campaign is not at work yet; or one of the reasons of samples."""
    now = on.at
    found = store.campaigns.of_name(facts.strategy, campaign)
    if found is None or found.sample_id is None or found.state not in TAKES:
        return PutOff(now + AGAIN, "not_at_work", f"{campaign} is not started")
    actor, file = file_of(found.declared)
    sample = next((one for one in store.campaigns.samples(found.id) if one.id == found.sample_id), None)
    if sample is None or now >= sample.cut_at + timedelta(days=file.days):
        return PutOff(now + AGAIN, "not_at_work", f"the days of {campaign}'s sample are over")
    person = candidate(store.database, action.customer_id, action.account_id, on)
    if person is None:
        return Dropped("erased", "the person is not there any more")
    (chosen,) = Cutter(store.contacts, rulebook, file, actor, on=on).cut(iter([[person]]))
    if chosen.excluded:
        return Dropped(chosen.excluded, f"{chosen.rule}: {chosen.why}" if chosen.rule else chosen.why)
    return _on_list(store, action, found, chosen, owner, on)


def _on_list(store: Store, action: Action, found: Campaign, chosen: Chosen, owner: str, on: On) -> Verdict:
    assert found.sample_id is not None
    sample_id, now = found.sample_id, on.at
    why = f"{action.occasion}: {action.outcome}"

    def deed(connection: Connection) -> None:
        ended = join_within(connection, found.id, sample_id, chosen, at=now, why=why)
        if ended == "stopped":
            raise Refusal(ended)

    try:
        done = store.actions.do(action.id, owner, at=now, deed=deed)
    except Refusal:
        return PutOff(now + AGAIN, "not_at_work", f"{found.name} was stopped just now")
    return Did() if done else Dropped("lost", "somebody else has it")
