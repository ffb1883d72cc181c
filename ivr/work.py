"""Work that coordinators give to agents, by command or over the API; and the score card of reviews.

It is `score_card.yaml` beside the flows, or the one here.

greeting: 2        # criterion: the most points it can have
listening: 4
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from data.records import Finished, NewWork, WorkItem
from data.store import Store
from ivr.errors import IvrError

FILE = "score_card.yaml"
DEFAULT: Mapping[str, int] = {"greeting": 2, "identity": 3, "listening": 5, "solution": 8, "closing": 2}
_MOST_POINTS = 100


class WorkUnfit(IvrError):
    """There is nothing of the kind to be done, or not by them."""

    code = "work_unfit"


class NotTheirs(WorkUnfit):
    """Somebody else holds it, or it is done."""

    code = "work_not_theirs"


def add_work(store: Store, wanted: NewWork) -> tuple[WorkItem, bool]:
    """Notes it with whose it is, and whether it is new. Raises `WorkUnfit` for what does not exist."""
    return store.work_items.add(_with_person(store, wanted))


def _with_person(store: Store, wanted: NewWork) -> NewWork:
    about = wanted.about
    if wanted.kind == "case":
        case = store.tickets.by_number(about)
        if case is None:
            raise WorkUnfit(f"There is no case {about[:40]}", "See `ivr case show`")
        person = store.customers.by_number(case.customer_number) if case.customer_number else None
        return wanted if person is None else replace(wanted, customer_id=person.id)
    try:
        which = UUID(about)
    except ValueError:
        remedy = "Take it from `ivr callbacks list`, `ivr recordings list` or `ivr outbox list`"
        raise WorkUnfit(f"{about[:40]!a} is no id", remedy) from None
    if wanted.kind == "write":
        errand = next((one for one in store.outbox.given_up() if one.id == which), None)
        if errand is None:
            raise WorkUnfit(f"No change that was given up has the id {which}", "See `ivr outbox list`")
        return replace(wanted, call_id=errand.call_id)
    if wanted.kind == "recording":
        call = store.calls.get(which)
        if call is None or not call.recording:
            raise WorkUnfit(f"No recorded call has the id {which}", "See `ivr recordings list`")
        return replace(wanted, call_id=which)
    callback = next((one for one in store.callbacks.waiting() if one.id == which), None)
    if callback is None:
        raise WorkUnfit(f"No open callback has the id {which}", "See `ivr callbacks list`")
    return replace(wanted, call_id=callback.call_id, customer_id=callback.customer_id)


def collect_unclear(store: Store, *, by: str, at: datetime, due_at: datetime) -> tuple[int, int]:
    """Notes every callback of which nobody knows how it ended: how many there are, and how many are new."""
    unclear = [one for one in store.callbacks.waiting() if one.state == "unclear"]
    new = 0
    for one in unclear:
        wanted = NewWork(
            kind="callback",
            about=str(one.id),
            at=at,
            by=by,
            title=f"{one.queue}: {one.last_result}",
            due_at=due_at,
            call_id=one.call_id,
            customer_id=one.customer_id,
        )
        new += store.work_items.add(wanted)[1]
    return len(unclear), new


def finish(store: Store, flows_folder: Path, item: UUID, end: Finished, scores: Sequence[str]) -> None:
    """Its holder has done it; a review has points (`criterion=points`) for each criterion of the card.

    Raises `WorkUnfit`, `NotTheirs`.
    """
    found = store.work_items.get(item)
    if found is None:
        raise NotTheirs(f"There is no {item}", "See `ivr work list`")
    reviewed = found.kind == "recording" and end.result == "done"
    try:
        points = scored(score_card(flows_folder), scores) if reviewed or scores else {}
    except ValueError as wrong:
        raise WorkUnfit(str(wrong)[:300], "See the score card") from None
    if not store.work_items.done(item, replace(end, scores=points)):
        raise NotTheirs(f"{end.by} does not hold {item}, or it is done", "See `ivr work list`")


def score_card(folder: Path) -> Mapping[str, int]:
    """Criterion → the most points. Raises `ValueError` for a file that is no card."""
    file = folder / FILE
    if not file.exists():
        return DEFAULT
    try:
        card = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, OSError, UnicodeDecodeError) as fault:
        raise ValueError(f"{file} cannot be read ({str(fault).splitlines()[0]})") from None
    fits = isinstance(card, dict) and card and all(map(_is_criterion, card.items()))
    if not fits:
        raise ValueError(f"{file} is no score card: one line `criterion: most points` for each, 1 to 100")
    return dict(card)


def _is_criterion(item: tuple[object, object]) -> bool:
    name, most = item
    return isinstance(name, str) and type(most) is int and 1 <= most <= _MOST_POINTS


def scored(card: Mapping[str, int], given: Sequence[str]) -> dict[str, int]:
    """The points of `criterion=points`, one for each criterion of the card. Raises `ValueError`."""
    points: dict[str, int] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if name not in card:
            raise ValueError(f"{name!r} is not on the score card: {', '.join(card)}")
        if not equals or not (text.isascii() and text.isdigit()) or int(text) > card[name]:
            raise ValueError(f"{one!r}: give {name}=points, 0 to {card[name]}")
        points[name] = int(text)
    if missing := [name for name in card if name not in points]:
        raise ValueError(f"a review has points for each criterion: {', '.join(missing)} missing (--score)")
    return points
