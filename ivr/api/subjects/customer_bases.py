"""Lists into customer bases, for coordinators: what `ivr campaign load` does with a file, of a list that fits
into a request. Larger ones are loaded on the server."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, Field

from data.errors import MappingWrong, SheetWrong
from data.exchange.gathered import all_mistakes
from data.exchange.loading import Terms
from data.exchange.loading import load as load_people
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from dialogs.errors import FlowsInvalid
from ivr.api.document import answers
from ivr.api.problems import Problem, not_found
from ivr.api.roles import Role, audit, needs
from ivr.api.rooms import ApiRooms, rooms
from ivr.campaigns import cutting
from ivr.campaigns.strategies import load_strategy

blueprint = Blueprint("customer_bases", __name__)
MOST_TOLD = 1000


class Loading(BaseModel):
    """A list, as CSV with its header, read by the base's mapping."""

    model_config = ConfigDict(extra="forbid")
    csv: str = Field(min_length=1, description="As long as `api.limits.body` lets a request be")
    dry_run: bool = Field(default=False, description="Check everything and compare, write nothing")


class RowTold(BaseModel):
    """A row of the list."""

    row: int
    column: str
    problem: str


class LoadTold(BaseModel):
    """What was done, or would be."""

    rows: int
    new: int
    changed: int
    same: int
    joined: int = Field(description="New in the base")
    refused: int
    problems: list[RowTold] = Field(description="Of the first thousand rows that were refused; no values")
    doubtful: list[RowTold] = Field(description="Taken, and should be looked at")


@blueprint.post("/campaigns/bases/<string(maxlength=60):strategy>/<string(maxlength=60):base>/load")
@needs(Role.COORDINATOR)
@answers(LoadTold, tag="Campaigns", body=Loading, problems=(404, 409))
def load(strategy: str, base: str) -> Any:
    """Loads a list into a strategy's customer base. Done again, it changes nothing."""
    here, asked = rooms(), request.context.json  # type: ignore[attr-defined] # spectree's
    try:
        found = here.beside.do(lambda: _loaded(here, strategy, base, asked))
    except FlowsInvalid as fault:
        first = fault.problems[0]
        raise Problem(409, "strategy", f"The strategy has a mistake: {first.message}"[:300]) from None
    if not asked.dry_run:
        audit("import", f"customers: {found.rows} rows into the base {strategy}/{base}")
    return found


def _loaded(here: ApiRooms, strategy: str, base: str, asked: Loading) -> LoadTold:
    folder = here.settings.path(here.settings.strategies)
    if not (folder / f"{strategy}.yaml").is_file():
        raise not_found("strategy of that name")
    declared = load_strategy(folder, strategy)
    if base not in declared.bases:
        raise not_found("base of that name", f"There are {', '.join(declared.bases)}")
    try:
        mapping = load_mapping(folder / declared.bases[base].mapping)
    except MappingWrong as wrong:
        raise Problem(
            409, wrong.code, "The base's mapping has a mistake", remedy="ivr campaign check"
        ) from wrong
    on = cutting.today(here.settings, here.now())
    with tempfile.TemporaryDirectory() as kept:
        file = Path(kept, "list.csv")
        file.write_text(asked.csv, encoding="utf-8", newline="")
        try:
            people = gather(file, mapping, today=on.today)
        except SheetWrong as wrong:
            told = wrong.what.replace(str(file), "The list")[:300]
            raise Problem(422, wrong.code, told, remedy=wrong.remedy[:300]) from None
    into = None if asked.dry_run else here.store.campaigns.open_base(strategy, base, at=on.at)
    terms = Terms(at=on.at, today=on.today, origin=mapping.origin, dry_run=asked.dry_run, base=into)
    done = load_people(here.store, people.people.values(), terms)
    refused = sorted([*people.refused, *done.refused], key=lambda one: one.row)
    return LoadTold(
        rows=people.rows,
        new=done.new,
        changed=done.changed,
        same=done.same,
        joined=done.joined,
        refused=len(refused),
        problems=[
            RowTold(row=one.row, column=one.column, problem=one.problem)
            for one in islice(all_mistakes(refused), MOST_TOLD)
        ],
        doubtful=[
            RowTold(row=one.row, column=one.column, problem=one.problem)
            for one in people.doubtful[:MOST_TOLD]
        ],
    )
