"""A call's record as a test: what the database remembers of it, played again on the flows that it ran on."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from data.records import CallRecord, Turn
from data.store import Store
from dialogs.errors import FlowsInvalid
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.made_up import made_up_facts
from dialogs.results import Alternative
from dialogs.retold import Happening, Past, retold
from dialogs.written import WrittenCall
from ivr.errors import FlowsNotLoaded
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.folder import write_folder

MADE_UP_NUMBER = "+34600000000"
_APART = frozenset({"handover", "hold"})
"""No step of a flow has them happen."""
_ANSWERS = frozenset({"match", "keys", "no_match", "no_input"})


def flows_of(record: CallRecord, store: Store, folder: Path) -> FlowSet:
    """The flows that the call ran on: its release, or the folder if there was none.

    Raises `DataError`, `FlowsNotLoaded`, `IvrError`.
    """
    try:
        if record.release is None:
            return load_flows([folder], catalogue_in(folder))
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / "release"
            write_folder(store.releases.files(record.release), copy)
            return load_flows([copy], catalogue_in(copy))
    except FlowsInvalid as fault:
        raise FlowsNotLoaded(
            f"The flows of that call cannot be read ({fault.problems[0]})", "Mend them: ivr check"
        ) from fault


@dataclass(frozen=True)
class Site:
    """Where the server stood: its clock, and whose telephone numbers and postcodes are meant."""

    zone: ZoneInfo
    region: str = "ES"


def test_of(record: CallRecord, flows: FlowSet, site: Site, *, with_data: bool = False) -> WrittenCall:
    """The call as a test. `with_data` keeps real numbers and names. Raises `NotRetold`."""
    past = past_of(record, site, flows, with_data=with_data)
    written = retold(past, flows, with_data=with_data)
    ran_on = "the flows of the folder" if record.release is None else f"release {record.release}"
    written.notes.insert(0, f"from the call {record.call_id}, which ran on {ran_on}")
    if with_data:
        written.notes.insert(1, "it holds real data: do not publish it, or pass it on")
    return written


test_of.__test__ = False  # type: ignore[attr-defined]  # pytest must not take it for a test


def past_of(record: CallRecord, site: Site, flows: FlowSet, *, with_data: bool) -> Past:
    """The record in the words of the dialogs."""
    number = record.caller_number if with_data else MADE_UP_NUMBER if record.caller_number else ""
    history = {name: value for name, value in record.caller_facts.items() if "." in name}
    told = {name: value for name, value in record.caller_facts.items() if "." not in name}
    return Past(
        flow=record.flow,
        language=next((turn.language for turn in record.turns if turn.language), record.language),
        now=record.started_at.astimezone(site.zone),
        region=site.region,
        caller={"number": number, "name": record.caller_name if with_data else "", **told},
        history=history if with_data else made_up_facts(history, flows.segments),
        happenings=tuple(_happening(turn) for turn in record.turns if turn.kind not in _APART),
        ended_by=record.ended_by or "unknown",
    )


def _happening(turn: Turn) -> Happening:
    kind = "answer" if turn.kind in _ANSWERS else "deed" if turn.kind == "recorded" else turn.kind
    return Happening(
        kind=kind,  # type: ignore[arg-type] # the kinds of a turn, with answers and deeds taken together
        flow=turn.flow,
        step=turn.step,
        result=turn.result,
        by=turn.by,
        band=turn.band,
        universal=turn.universal,
        heard=tuple(Alternative(reading.text, reading.confidence) for reading in turn.heard),
        keys=turn.keys,
        hidden=turn.sensitive and turn.result != "no_input",
        asked=turn.asked,
        found=turn.found,
    )
