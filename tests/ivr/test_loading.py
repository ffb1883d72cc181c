"""A release becomes flows in a process beside, taken over in bites that no call notices."""

from __future__ import annotations

import time
import weakref
from pathlib import Path

import gevent
import pytest

from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.loader import load_flows
from ivr.cli.flows import SHIPPED
from ivr.errors import FlowsNotLoaded
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.loading import BITE, FlowReader, load_beside
from tests.ivr.flow_files import files, folder_with, main_flow


def test_what_comes_from_beside_is_what_is_read_here() -> None:
    """Steps, types, sensitive names and version are the same as in one process; so is the conversation."""
    here, beside = load_flows([SHIPPED], catalogue_in(SHIPPED)), load_beside(SHIPPED)
    assert (beside.version, beside.types, beside.sensitive) == (here.version, here.types, here.sensitive)
    assert list(beside.flows) == list(here.flows)
    for name, flow in here.flows.items():
        assert beside.flows[name].steps == flow.steps
        assert (beside.flows[name].languages, beside.flows[name].person) == (flow.languages, flow.person)
    first = [Conversation(flows, "main", Facts("ca")).start() for flows in (here, beside)]
    assert first[0] == first[1]


def test_an_old_version_is_freed_when_nobody_uses_it_any_more() -> None:
    """The collector does not look at flows: counting references must be enough, or each publish leaks."""
    flows = load_beside(SHIPPED)
    conversation = Conversation(flows, "main", Facts("es"))
    conversation.start()
    conversation.hang_up("NORMAL_CLEARING")
    parts = [weakref.ref(flows), *(weakref.ref(flow) for flow in flows.flows.values())]
    parts += [weakref.ref(step) for flow in flows.flows.values() for step in flow.steps.values()]
    assert len(parts) >= 20
    del flows, conversation
    assert [part() for part in parts] == [None] * len(parts)


def test_the_next_process_is_up_already_and_may_be_lost() -> None:
    """One that somebody killed costs one try; closing ends the one that waits."""
    reader = FlowReader()
    try:
        ready = reader._ready
        assert ready is not None
        ready.kill()
        ready.wait()
        with pytest.raises(FlowsNotLoaded):
            reader(SHIPPED)
        assert reader(SHIPPED).version
        waiting = reader._ready
    finally:
        reader.close()
    assert waiting is not None
    assert waiting.poll() is not None


def test_flows_with_a_mistake_are_not_given_out(tmp_path: Path) -> None:
    """The first problem and the remedy, on one line."""
    folder = folder_with(tmp_path / "flows", files(extra="  - {id: lost, sya: {es: x}}\n"))
    with pytest.raises(FlowsNotLoaded, match="unknown step `sya`") as refused:
        load_beside(folder)
    assert "\n" not in str(refused.value)


def test_a_look_up_that_nobody_answers_is_found_before_a_call_asks(tmp_path: Path) -> None:
    """A release of another installation names what this server does not have."""
    content = files()
    content["catalogue.yaml"] += b"  weather: {by: [town], fields: {rain: text}}\n"
    with pytest.raises(FlowsNotLoaded, match="nobody answers the look-up `weather`"):
        load_beside(folder_with(tmp_path / "flows", content))


def test_a_look_up_that_is_answered_otherwise_is_refused(tmp_path: Path) -> None:
    """Every difference on one line: the server's log."""
    content = files()
    content["catalogue.yaml"] = (
        b"queues: [billing]\nlookups:\n  account: {by: [phone], fields: {iban: text}}\n"
    )
    with pytest.raises(FlowsNotLoaded, match=r"asked by `customer_number`.*never gives `iban`") as refused:
        load_beside(folder_with(tmp_path / "flows", content))
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """No stack trace of another process."""
    with pytest.raises(FlowsNotLoaded) as refused:
        load_beside(tmp_path / "nowhere")
    assert "\n" not in str(refused.value)


def test_taking_over_many_flows_lets_the_calls_go_on(tmp_path: Path) -> None:
    """500 steps: between two turns of a call this thread computes less than 20 ms."""
    content = files(extra="".join(f'  - {{id: s{n}, say: {{es: "Frase {n}."}}}}\n' for n in range(100)))
    for flow in range(1, 5):
        steps = "".join(f'  - {{id: s{n}, say: {{es: "Frase {n}."}}}}\n' for n in range(100))
        content[f"part{flow}.flow.yaml"] = (
            main_flow(extra=steps).replace("flow: main", f"flow: part{flow}").encode()
        )
    folder = folder_with(tmp_path / "flows", content)
    turns: list[float] = []

    def call() -> None:
        last = time.thread_time()
        while True:
            gevent.sleep(0.001)
            turns.append(time.thread_time() - last)
            last = time.thread_time()

    living = gevent.spawn(call)
    flows = load_beside(folder)
    gevent.sleep(0.01)  # the turn after the last bite counts, too
    living.kill()
    assert sum(len(flow.steps) for flow in flows.flows.values()) == 525
    assert BITE < 0.02
    assert max(turns) < 0.02
