"""Money that comes in, what stands against talking of a debt, and every contact with a customer: for
coordinators, as `ivr campaign payments`, `holds` and `contacts`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, Field

from data.exchange.cells import CellWrong, customer_number
from data.promise_rules import PromiseState
from data.promises import PaymentNote
from data.records.collecting import HoldReason
from ivr.api.document import answers
from ivr.api.paging import Asked
from ivr.api.problems import Problem, not_found
from ivr.api.roles import Role, audit, needs, who_asks
from ivr.api.rooms import ApiRooms, rooms
from ivr.callers.numbers import caller_number
from ivr.campaigns.promise_days import Policies

blueprint = Blueprint("collecting", __name__)
MOST_PAYMENTS = 500
MOST_CONTACTS = 200
MOST_CENTS = 10**13

CustomerNumber = Annotated[str, Field(min_length=1, max_length=20, description="As in the base's list")]


class Payment(BaseModel):
    """Money that came in."""

    model_config = ConfigDict(extra="forbid")
    customer_number: CustomerNumber
    amount_cents: int = Field(gt=0, le=MOST_CENTS, description="In the currency's smallest unit")
    received_on: date = Field(description="Not a day to come")
    currency: str = Field(
        default="", pattern=r"^([A-Z]{3})?$", description="ISO 4217; default: the installation's"
    )
    reference: str = Field(default="", max_length=60, description="Each counts once, in whatever request")
    account: str = Field(default="", max_length=80, description="Which of their accounts, by its name")


class Refusal(BaseModel):
    """A payment that was not taken."""

    at: int = Field(description="Its place in the request, from 0")
    why: str


class Restoring(BaseModel):
    """A number that was retired by mistake."""

    model_config = ConfigDict(extra="forbid")
    number: str = Field(min_length=1, max_length=40, description="With + and country code, or of the site's")
    why: str = Field(min_length=1, max_length=200, description="What was found")


class Restored(BaseModel):
    """It is dialled again."""

    number: str
    was: str = Field(description="Why it was retired")


class PaymentsTaken(BaseModel):
    """What they did."""

    new: int
    known: int = Field(description="Of before, by their reference")
    promises: Mapping[PromiseState, int] = Field(description="Promises that are something else now")
    refused: list[Refusal]


class Payments(BaseModel):
    """The day's payments, or some of them."""

    model_config = ConfigDict(extra="forbid")
    payments: list[Payment] = Field(min_length=1, max_length=MOST_PAYMENTS)


class OfCustomer(Asked):
    """Whose."""

    customer_number: CustomerNumber


class Lifting(BaseModel):
    """A person has looked into it."""

    model_config = ConfigDict(extra="forbid")
    customer_number: CustomerNumber
    why: str = Field(min_length=1, max_length=200, description="What was found")


class HoldLine(BaseModel):
    """Why nobody is dialled about the debt."""

    reason: HoldReason
    at: datetime
    until: date | None = Field(description="Its last day; without one, until it is lifted")
    lifted_at: datetime | None
    lifted_by: str


class Holds(BaseModel):
    """Newest first; also those that are over."""

    holds: list[HoldLine]


class ContactLine(BaseModel):
    """A contact of the ledger."""

    id: UUID
    at: datetime
    channel: str
    purpose: str
    campaign: str = Field(description="strategy/name; empty: no campaign's")
    result: str
    conversation: bool | None = Field(description="null: not known yet")
    asked_for: str = Field(description="Where they asked for it; empty: nobody did")
    rules: str = Field(description="By which it was judged")
    address: str = Field(description="Its last digits, or signs")
    call_id: UUID | None


class ContactLines(BaseModel):
    """Newest first."""

    contacts: list[ContactLine]


@blueprint.post("/campaigns/payments")
@needs(Role.COORDINATOR)
@answers(PaymentsTaken, tag="Campaigns", body=Payments)
def payments() -> Any:
    """Payments are noted; promises are kept by them, in part or whole."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    at = here.now()
    today = at.astimezone(ZoneInfo(here.settings.calls.zone)).date()
    notes: list[PaymentNote] = []
    refused: dict[int, str] = {}
    for place, one in enumerate(asked.payments):
        currency = one.currency or here.settings.calls.currency
        try:
            number = customer_number(one.customer_number.strip())
        except CellWrong as wrong:
            refused[place] = f"customer_number {wrong}"
            continue
        if one.received_on > today:
            refused[place] = "received_on is a day to come"
        else:
            notes.append(
                PaymentNote(
                    customer_number=number,
                    amount_cents=one.amount_cents,
                    currency=currency,
                    received_on=one.received_on,
                    label=one.account,
                    reference=one.reference or None,
                    row=place,
                )
            )

    def take() -> PaymentsTaken:
        follow = Policies(here.store, at).follow
        taken = here.store.promises.take_payments(notes, at=at, today=today, follow=follow)
        refused.update({one.row: f"nobody has such an account in {one.currency}" for one in taken.unknown})
        told = [Refusal(at=place, why=why) for place, why in sorted(refused.items())]
        return PaymentsTaken(new=taken.new, known=taken.known, promises=taken.closed, refused=told)

    audit("import", f"payments: {len(notes)} sent")
    return here.beside.do(take)


@blueprint.get("/campaigns/holds")
@needs(Role.COORDINATOR)
@answers(Holds, tag="Campaigns", query=OfCustomer, problems=(404,))
def holds() -> Any:
    """Why nobody is dialled about a customer's debt."""
    here, number, _customer_id = _read("collection_holds")
    return here.beside.do(lambda: _holds(here, number))


@blueprint.post("/campaigns/holds/lift")
@needs(Role.COORDINATOR)
@answers(Holds, tag="Campaigns", body=Lifting, problems=(404,))
def lift() -> Any:
    """It was looked into: they may be dialled about it again."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    _customer(here, asked.customer_number)
    by, at = who_asks().name, here.now()
    lifted = here.beside.do(lambda: here.store.collection_holds.lift(asked.customer_number, by=by, at=at))
    done = f"lifted: {asked.why}" if lifted else "there was none to lift"
    audit("write" if lifted else "read", f"collection_holds: {done}", customer_number=asked.customer_number)
    if not lifted:
        raise not_found("hold on that customer")
    return here.beside.do(lambda: _holds(here, asked.customer_number))


@blueprint.post("/campaigns/numbers/restore")
@needs(Role.COORDINATOR)
@answers(Restored, tag="Campaigns", body=Restoring, problems=(404, 422))
def restore() -> Any:
    """A number that was retired by mistake is dialled again."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    e164 = caller_number(asked.number, here.settings.calls.region).e164
    if e164 is None:
        raise Problem(422, "no_number", "That is no telephone number", remedy="Write it as +34600111222")
    was = here.beside.do(lambda: here.store.customers.why_retired(e164))
    restored = here.beside.do(lambda: here.store.customers.restore(e164))
    for person in here.beside.do(lambda: here.store.customers.by_phone_number(e164)):
        audit("write", f"restored: {asked.why}", customer_number=person.customer_number)
    if not restored:
        raise not_found("retired number like that")
    return Restored(number=e164, was=was or "")


@blueprint.get("/campaigns/contacts")
@needs(Role.COORDINATOR)
@answers(ContactLines, tag="Campaigns", query=OfCustomer, problems=(404,))
def contacts() -> Any:
    """Every contact of the company with a customer, by whatever channel and campaign."""
    here, _number, customer_id = _read("contacts: history")

    def looked() -> ContactLines:
        whom = here.store.contacts.whom("", customer_id=customer_id)
        names = {one.id: f"{one.strategy}/{one.name}" for one in here.store.campaigns.all()}
        fields = [name for name in ContactLine.model_fields if name not in ("campaign", "address")]
        return ContactLines(
            contacts=[
                ContactLine(
                    **{name: getattr(one, name) for name in fields},
                    campaign=names.get(one.campaign_id, "") if one.campaign_id else "",
                    address=f"…{one.address[-3:]}",
                )
                for one in here.store.contacts.history(whom, most=MOST_CONTACTS)
            ]
        )

    return here.beside.do(looked)


def _read(what: str) -> tuple[ApiRooms, str, UUID]:
    """Who is asked about, number and key, with the note that it was read. Raises `Problem`."""
    here, asked = rooms(), request.context.query  # type: ignore[attr-defined] # spectree's
    customer_id = _customer(here, asked.customer_number)
    audit("read", what, customer_number=asked.customer_number)
    return here, asked.customer_number, customer_id


def _customer(here: ApiRooms, number: str) -> UUID:
    """Raises `Problem`."""
    person = here.beside.do(lambda: here.store.customers.by_number(number))
    if person is None:
        raise not_found("customer of that number")
    return person.id


def _holds(here: ApiRooms, number: str) -> Holds:
    lines = [
        HoldLine(**{name: getattr(one, name) for name in HoldLine.model_fields})
        for one in here.store.collection_holds.of(number)
    ]
    return Holds(holds=lines)
