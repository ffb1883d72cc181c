"""What the call knows already is not asked again, and who has proved who they are need not prove it again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.catalogue import LookupSchema
from dialogs.effects import Collect, Hangup, Lookup
from dialogs.results import Found, Keyed, Missing
from tests.dialogs.flowtext import CATALOGUE, HEAD, conversation, key, problems

KNOWN = replace(
    CATALOGUE, identities={"customer": LookupSchema(("customer_number",), {"has_phone": "boolean"})}
)
ASK = """  - ask: customer_number
    type: digits
    length: 5
    unless_known: true
    prompt: {es: "¿Número?"}
"""
LOOKUP = """  - lookup: account
    by: {customer_number: "{customer_number}"}
    found: bye
    missing: bye
    slow: bye
    error: bye
    again: {step: customer_number, times: 1}
  - id: bye
    hangup: normal
"""


TWICE = HEAD + ASK.replace("    unless_known", "    id: first\n    unless_known") + ASK + LOOKUP


def test_what_is_known_is_not_asked() -> None:
    """The slot was filled before, by another step; where it was not, the question is put."""
    call = conversation(TWICE)
    question = call.start()
    assert isinstance(question, Collect)
    found = key(call, question, "45716")
    assert isinstance(found, Lookup)
    assert found.by == {"customer_number": "45716"}


def test_a_question_that_the_call_comes_back_to_is_put() -> None:
    """The known answer was wrong: it would be looked up for ever."""
    call = conversation(TWICE)
    key(call, call.start(), "45716")
    question = call.send(Missing())
    found = key(call, question, "18051")
    assert isinstance(found, Lookup)
    assert found.by == {"customer_number": "18051"}
    assert isinstance(call.send(Found({"name": "Ana"})), Hangup)


LISTED = (
    HEAD
    + ASK.replace("    prompt", "    unknown: list\n    prompt")
    + """    then: look
  - id: list
    ask: customer_number
    type: digits
    length: 5
    retries: {no_input: 0, no_match: 0}
    prompt: {es: "¿Cuál de estos?"}
    failed: customer_number
  - id: look
    lookup: account
    by: {customer_number: "{customer_number}"}
    found: bye
    missing: bye
    slow: bye
    error: bye
  - id: bye
    set: {department: sales}
"""
)
TWO_ROUNDS = (
    HEAD.replace("trial", "whole")
    + "  - id: one\n    subflow: trial\n  - id: two\n    subflow: trial\n  - hangup: normal\n"
)


def test_what_is_not_known_leads_elsewhere_first() -> None:
    """To a list; who finds nothing there is asked. In the next round it leads there once more, also though
    the number of before is known: that one is done."""
    call = conversation(TWO_ROUNDS, LISTED, flow="whole")
    listed = call.start()
    assert isinstance(listed, Collect)
    assert listed.step == "list"
    question = call.send(listed.judge(Keyed("1")))
    assert isinstance(question, Collect)
    assert question.step == "customer_number"
    assert isinstance(key(call, question, "18051"), Lookup)
    once_more = call.send(Found({"name": "Ana"}))
    assert isinstance(once_more, Collect)
    assert once_more.step == "list"
    found = key(call, once_more, "45716")
    assert isinstance(found, Lookup)
    assert found.by == {"customer_number": "45716"}


def test_what_is_known_leads_to_no_list() -> None:
    """It was filled by another step before."""
    first = ASK.replace("    unless_known: true", "    id: first")
    call = conversation(TWO_ROUNDS.replace("  - id: one", first + "  - id: one"), LISTED, flow="whole")
    assert isinstance(key(call, call.start(), "18051"), Lookup)


def test_only_a_question_whose_answer_may_be_known_leads_elsewhere() -> None:
    """Else the question would never be put the first time: the author meant something else."""
    text = LISTED.replace("    unless_known: true\n", "")
    assert any("add `unless_known: true`" in str(problem) for problem in problems(text))


@pytest.mark.parametrize("beside", ["sensitive: true", "answers: {yes: bye, no: bye}"])
def test_neither_a_secret_nor_a_decision_is_taken_for_known(beside: str) -> None:
    """A PIN is asked for each time, and a yes was a yes to something else."""
    kind = "type: yes_no" if "answers" in beside else "type: digits\n    length: 4"
    step = f'  - ask: secret\n    {kind}\n    unless_known: true\n    {beside}\n    prompt: {{es: "¿?"}}\n'
    text = HEAD + step + "  - id: bye\n    hangup: normal\n"
    assert any("`unless_known` goes with neither" in str(problem) for problem in problems(text))


PROVED = (
    HEAD
    + """  - id: who
    branch:
      - if: caller.proved == "customer"
        then: phone
    else: customer_number
"""
    + ASK.replace("    unless_known: true\n", "")
    + """  - verify: customer
    with: {customer_number: "{customer_number}"}
    failed: bye
  - id: phone
    branch:
      - if: customer.has_phone == true
        then: who
    else: bye
  - id: bye
    hangup: normal
"""
)


def test_behind_the_proof_what_is_known_of_them_is_there() -> None:
    """The checker knows what a passed `verify` has filled; of another identity it knows nothing."""
    assert not [one for one in problems(PROVED, catalogue=KNOWN) if "before it is filled" in str(one)]
    other = PROVED.replace('== "customer"', '!= "customer"')
    assert any(
        "`customer.has_phone` may be used before" in str(one) for one in problems(other, catalogue=KNOWN)
    )
