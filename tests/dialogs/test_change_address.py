"""A flow written from docs/flows.md alone, as a new designer would: what the docs promise is enough."""

from __future__ import annotations

from pathlib import Path

from dialogs.catalogue import load_catalogue
from dialogs.coverage import coverage
from dialogs.loader import load_flows
from dialogs.nodes.ask import Ask
from dialogs.nodes.lookup import Lookup
from dialogs.play import play
from dialogs.rehearsal import load_scripts

FOLDER = Path(__file__).parent / "change_address"


def test_a_new_designer_s_flow_is_sound_and_covered() -> None:
    """Three slots, a look-up, three languages; no mistake, every call as expected, every way walked."""
    flows = load_flows([FOLDER], load_catalogue(FOLDER / "catalogue.yaml"))
    flow = flows.flow("change_address")
    assert len([step for step in flow.steps.values() if isinstance(step, Ask)]) == 3
    assert any(isinstance(step, Lookup) for step in flow.steps.values())
    assert flow.languages == ("es", "ca", "en")
    played = [play(flows, script) for script in load_scripts([FOLDER / "change_address.test.yaml"], flows)]
    assert [call.report() for call in played if not call.passed] == []
    assert {share.missing for share in coverage(flows, played).shares.values()} == {()}
