"""What a message of a campaign says: words in the person's language, with values in their places. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.action_facts import ActionFacts
from data.records import Customer
from ivr.agents.shown import House, as_read
from ivr.campaigns.actions.written import OF_THE_DEBT, PLACE, TemplateFile


@dataclass(frozen=True)
class Worded:
    """A message as it is sent."""

    text: str
    subject: str
    language: str
    values: Mapping[str, str]
    """All that there are: a provider's request may hold them beside the text."""


class NothingToSay(Exception):
    """A place of the words has nothing to stand in it: `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def worded(template: TemplateFile, customer: Customer, facts: ActionFacts, house: House) -> Worded:
    """Raises `NothingToSay`."""
    language = customer.language.partition("-")[0]
    if language not in template.text:
        language = next(iter(template.text))
    values = values_of(customer, facts, house, language)
    texts: Mapping[str, str] = {str(name): text for name, text in template.text.items()}
    subjects: Mapping[str, str] = {str(name): text for name, text in template.subject.items()}
    return Worded(
        text=_filled(texts[language], values),
        subject=_filled(subjects.get(language, ""), values),
        language=language,
        values=values,
    )


def speaks_of_debt(template: TemplateFile) -> bool:
    """Whether it has a place for what is owed or promised."""
    return any(name in OF_THE_DEBT for _part, _language, name in template.places())


def values_of(customer: Customer, facts: ActionFacts, house: House, language: str) -> dict[str, str]:
    """What there is, as a person reads it."""
    values = {"name": customer.name, "customer_number": customer.customer_number}

    def money(cents: int, currency: str) -> str:
        in_currency = House(currency=currency, region=house.region, zone=house.zone)
        return as_read(cents, "money", language, in_currency)

    if facts.balance_cents is not None:
        values["balance"] = money(facts.balance_cents, facts.currency)
    if (promise := facts.promise) is not None:
        values |= {
            "amount": money(promise.amount_cents, promise.currency),
            "paid": money(promise.paid_cents, promise.currency),
            "missing": money(max(0, promise.amount_cents - promise.paid_cents), promise.currency),
            "day": as_read(promise.promised_for.isoformat(), "date", language, house),
        }
    return values


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Each place once: nothing in a value is looked at again."""
    for name in PLACE.findall(text):
        if name not in values:
            raise NothingToSay(name)
    return PLACE.sub(lambda place: values[place[1]], text)
