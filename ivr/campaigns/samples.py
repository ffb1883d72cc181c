"""Cuts a campaign's sample: who is in it, at which numbers, and why everybody else is left out.

Rules:
1. Everybody whom the condition meets is in the list: called, or left out with the first reason that holds.
2. The contact rules are asked with all that is on record, as at the instant of dialling (`gate`), where they
   are asked again. Left out is who has no lawful moment while the sample is worked on.
3. One human being is in a sample once, whatever customer numbers they have. A number may be several people's:
   who answers is asked by the flow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from data.base_facts import On
from data.campaigns import Chosen
from data.candidates import Candidate
from data.contacts import Contacts
from data.records.contacts import OnRecord, Whom
from ivr.campaigns.contact_rules.contact import NOTHING, Allowed, Contact, Decision, Ledger, Person
from ivr.campaigns.contact_rules.deciding import DO_NOT_CALL, decide
from ivr.campaigns.contact_rules.gate import ledger_of
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Actor
from ivr.campaigns.strategies import CampaignFile
from ivr.numbers import NotCalled, Number, checked

EXCLUSIONS: Mapping[str, str] = {
    "duplicate": "another customer number of somebody who is in the sample",
    "judicial": "in court: no automated calls",
    "dispute": "they dispute a bill",
    "promise": "a promise of theirs is running",
    "already_paid": "they say that they have paid",
    "hardship": "they cannot pay: a person talks with them",
    "vulnerable": "a person talks with them, no machine",
    "deceased": "they are said to have died",
    "lawyer": "their lawyer speaks for them",
    "no_number": "no number that may be called",
    "do_not_call": "they are not to be contacted",
    "refused": "they said no",
    "consent": "they have not consented",
    "registry": "a registry forbids it, or was not asked",
    "no_rule": "no contact rule covers their country",
    "caller_id": "none of the campaign's caller IDs may be shown",
    "cap": "they were contacted as often as may be",
    "minor": "they are under age",
    "window": "no lawful hour while the sample is worked on",
}
"""Why somebody is left out, in words. The first that holds counts, of people before numbers."""
_OF_RULES = {"cooldown": "cap", "channel": "cap", "number": "no_number"}


@dataclass
class Tally:
    """What a cut, or its preview, found."""

    matched: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By reason and contact rule, where one left people out."""
    numbers: int = 0
    shared: int = 0
    """Numbers that more than one person of the sample has."""

    @property
    def included(self) -> int:
        return self.matched - sum(self.excluded.values())


@dataclass(frozen=True)
class _Verdict:
    """Whether a number may be called while the sample is worked on."""

    reason: str = ""
    rule: str = ""
    why: str = ""


class Cutter:
    """One cut."""

    def __init__(
        self,
        contacts: Contacts,
        rulebook: Rulebook,
        campaign: CampaignFile,
        actor: Actor,
        *,
        on: On,
        done: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`done` is told how many have been judged."""
        self._contacts, self._rulebook = contacts, rulebook
        self._campaign, self._actor, self._on = campaign, actor, on
        self._done = done
        self._until = on.at + timedelta(days=campaign.days)
        self._seen: set[str] = set()
        """Identities of whoever came before."""
        self._dialled: set[str] = set()
        self._known: dict[tuple[Any, ...], Decision] = {}
        self.tally = Tally()

    def cut(self, portions: Iterator[list[Candidate]]) -> Iterator[Chosen]:
        """Everybody with what becomes of them."""
        for portion in portions:
            for one in self._judged(portion):
                self._count(one)
                yield one
            self._done(self.tally.matched)

    def _judged(self, portion: Sequence[Candidate]) -> Iterator[Chosen]:
        first = {one.customer_id: self._of_the_person(one) for one in portion}
        asked: list[tuple[Candidate, Number, Whom]] = []
        refused: dict[UUID, str] = {}
        for one in portion:
            if first[one.customer_id] is None:
                for e164 in one.numbers:
                    try:
                        number = checked(e164, region=None, countries=self._campaign.countries)
                    except NotCalled as wrong:
                        refused.setdefault(one.customer_id, f"the number is not called ({wrong.reason})")
                        continue
                    asked.append((one, number, _whom(one, e164)))
        records = self._records([whom for _, _, whom in asked])
        found: dict[UUID, list[tuple[str, int, int, _Verdict]]] = {}
        for (one, number, whom), record in zip(asked, records, strict=True):
            talks = sum(1 for past in record.contacts if past.address == whom.address and past.conversation)
            tries = sum(1 for past in record.contacts if past.address == whom.address)
            verdict = self._verdict(one, number, whom, record)
            found.setdefault(one.customer_id, []).append((number.e164, talks, tries, verdict))
        for one in portion:
            excluded = first[one.customer_id]
            why = refused.get(one.customer_id, "no number of theirs is known")
            yield excluded or self._with_numbers(one, found.get(one.customer_id, []), why)

    def _records(self, whoms: Sequence[Whom]) -> Sequence[OnRecord]:
        if not whoms:
            return []
        return self._contacts.on_record_of_many(whoms, since=self._on.at - self._rulebook.look_back)

    def _of_the_person(self, one: Candidate) -> Chosen | None:
        """Why they are left out whatever their numbers."""
        twice = bool(self._seen.intersection(one.identities))
        self._seen.update(one.identities)
        collects = self._campaign.purpose == "collection"
        for holds, reason in (
            (twice, "duplicate"),
            (collects and one.stage == "judicial", "judicial"),
            (collects and one.disputed, "dispute"),
            (collects and bool(one.held), one.held),
            (collects and one.running, "promise"),
        ):
            if holds:
                return _left_out(one, reason, "", EXCLUSIONS[reason])
        return None

    def _with_numbers(
        self, one: Candidate, found: Sequence[tuple[str, int, int, _Verdict]], none: str
    ) -> Chosen:
        if not found:
            return _left_out(one, "no_number", "house.number", none)
        good = [number for number in found if not number[3].reason]
        # Whoever is not to be contacted is not, also by a number that is not on the list.
        worst = next((number[3] for number in found if number[3].rule == DO_NOT_CALL), None)
        if worst is not None or not good:
            verdict = worst or found[0][3]
            return _left_out(one, verdict.reason, verdict.rule, verdict.why)
        # The share of conversations so far, smoothed; without any, the order of the base.
        good.sort(key=lambda number: -(number[1] + 1) / (number[2] + 2))
        numbers = tuple(number[0] for number in good[: self._campaign.numbers])
        return Chosen(customer_id=one.customer_id, account_id=one.account_id, numbers=numbers)

    def _verdict(self, one: Candidate, number: Number, whom: Whom, record: OnRecord) -> _Verdict:
        decision = self._decision(one, number, ledger_of(record, whom))
        if isinstance(decision, Allowed):
            return _Verdict()
        later = decision.next_lawful
        if later is not None and later < self._until:
            return _Verdict()
        reason = _OF_RULES.get(decision.reason, decision.reason)
        return _Verdict(reason, decision.rule, decision.told)

    def _decision(self, one: Candidate, number: Number, ledger: Ledger) -> Decision:
        person = Person(key=one.customer_id.hex, zone=one.zone, region=one.region, born=one.born)
        contact = Contact(
            person=person,
            number=number,
            channel="call",
            purpose=self._campaign.purpose,
            actor=self._actor,
            debt=None if one.account_id is None else str(one.account_id),
            caller_id=next(iter(self._campaign.caller_ids), None),
        )
        if ledger != NOTHING:
            return decide(self._rulebook, contact, at=self._on.at, ledger=ledger)
        # Without anything on record only these decide, and a base has few of them.
        key = (number.zones, number.country, number.may_be_mobile, one.zone, one.region)
        if key not in self._known:
            alike = replace(contact, person=replace(person, key=""))
            self._known[key] = decide(self._rulebook, alike, at=self._on.at, ledger=ledger)
        return self._known[key]

    def _count(self, one: Chosen) -> None:
        self.tally.matched += 1
        if one.excluded:
            self.tally.excluded[one.excluded] += 1
            if one.rule:
                self.tally.rules[one.excluded, one.rule] += 1
        self.tally.numbers += len(one.numbers)
        for number in one.numbers:
            self.tally.shared += number in self._dialled
            self._dialled.add(number)


def _whom(one: Candidate, e164: str) -> Whom:
    subjects = (("number", e164), ("person", one.customer_number), *(("person", v) for v in one.identities))
    return Whom(
        customer_ids=one.same_person, subjects=subjects, address=e164, zone=one.zone, region=one.region
    )


def _left_out(one: Candidate, reason: str, rule: str, why: str) -> Chosen:
    return Chosen(customer_id=one.customer_id, account_id=one.account_id, excluded=reason, rule=rule, why=why)
