"""What a hostile or broken file could do: refused at load with file and line, in bounded time and memory.

Time is processor time, memory is the growth of the process's peak: both hold on a busy machine, too.
"""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.effects import Collect, Effect, Enqueue, Play
from dialogs.engine import Conversation
from dialogs.errors import FlowsInvalid, Problem
from dialogs.facts import Facts
from dialogs.loader import read_flows
from dialogs.rehearsal import scripts_of
from dialogs.results import Done, Failed, Played, Result
from dialogs.source import LARGEST_FILE, parse, read
from tests.dialogs.flowtext import CATALOGUE, HEAD, conversation, flow_set, key, problems, spoken

SECONDS = 4.0
"""The worst file below takes half a second; without the bounds, some of the largest take minutes."""
MEGABYTES = 120.0
LARGEST = 20.0
"""Seconds for the largest file that is read at all."""

END = "  - id: end\n    hangup: normal\n"
MOST = 600


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    return "\n".join(lines)


def rows(row: Callable[[int], str], n: int = 0) -> str:
    return HEAD + "".join(row(at) for at in range(n or MOST)) + END


def branch(condition: str) -> str:
    return f"{HEAD}  - branch: [{{if: '{condition}', then: end}}]\n    else: end\n{END}"


# (what it is, the text, the line of the first problem or 0 for a sound file, what is said)
HOSTILE: list[tuple[str, str, int, str]] = [
    ("the billion laughs", laughs(), 1, "an anchor"),
    ("a deep list", HEAD + "  - " + "[" * 5000, 5, "nested"),
    ("a deep mapping", HEAD + "  - say: " + "{a: " * 5000, 5, "nested"),
    ("too many values", HEAD + "  - say: [" + "1, " * 60_000 + "1]\n", 5, "too many values"),
    ("a huge file", "flow: trial\n" + "#" * (LARGEST_FILE + 1), 1, "split the flow"),
    ("a python object", HEAD + "  - say: !!python/object/apply:os.system [ls]\n", 5, "a tag"),
    ("a huge name", HEAD + f"  - id: {'a' * 100_000}\n    hangup: normal\n", 5, "at most 60"),
    ("a huge text", HEAD + f'  - say: {{es: "{"a" * 100_000}"}}\n' + END, 5, "more than 2000"),
    ("half a sign", HEAD + '  - say: {es: "Hola \\ud83d."}\n' + END, 5, "an invisible sign"),
    ("a control sign", HEAD + '  - say: {es: "Hola\\u0000."}\n' + END, 5, "an invisible sign"),
    ("a text that runs backwards", HEAD + '  - say: {es: "Hola \\u202e."}\n' + END, 5, "an invisible sign"),
    ("braces", HEAD + '  - say: {es: "' + "{" * 1999 + '"}\n' + END, 5, "lone `{`"),
    ("too many steps", rows(lambda n: "  - outcome: a\n", 2001), 4, "at most 2000"),
    ("misspelt targets", rows(lambda n: f"  - id: step_{n}\n    outcome: a\n    then: stepp_{n}\n"), 7, "no step `stepp_0`"),
    ("misspelt values", rows(lambda n: f'  - set: {{s{n}: "{{t{n}}}"}}\n'), 5, "nothing is called `t0`"),
    ("misspelt nodes", rows(lambda n: f"  - id: s{n}\n    outcom: a\n"), 6, "did you mean `outcome`"),
    ("one name for all", rows(lambda n: "  - outcome: told\n"), 6, "two steps are called"),
    ("a chain of copies", HEAD + "  - set:\n" + "".join(f'      s{n}: "{{s{n + 1}}}"\n' for n in range(3000)), 5, "nothing follows"),
    ("a long circle", rows(lambda n: f"  - id: s{n}\n    outcome: a\n")[: -len(END)] + "  - outcome: z\n    then: s0\n", 5, "never ends"),
    ("a ladder", rows(lambda n: f'  - ask: s{n}\n    type: yes_no\n    prompt: {{es: "a"}}\n    answers: {{yes: s{max(0, n - 1)}, no: s{n + 1}}}\n', 500)[: -len(END)] + "  - id: s500\n    hangup: normal\n", 0, ""),
    ("a huge condition", branch("true and " * 200 + "true"), 5, "more than 500"),
    ("brackets", branch("(" * 240 + "caller.human_first" + ")" * 240), 0, ""),
    ("negations", branch("not " * 120 + "caller.human_first"), 0, ""),
    ("lists in lists", branch('caller.name in ' + "[" * 200 + "1" + "]" * 200), 5, "behind `in`"),
    ("arithmetic", branch("9 ** 9 ** 9 ** 9 > 1"), 5, "not allowed"),
    ("a comprehension", branch('[x for x in caller.name] == "a"'), 5, "behind `in`"),
    ("a regular expression", branch('caller.name =~ "(a+)+$"'), 5, "not allowed"),
    ("a function", branch('open("/etc/passwd") == "a"'), 5, "no functions"),
    ("an attribute", branch("caller.name.__class__ == 1"), 5, "not a name"),
    ("a dunder", HEAD + '  - say: {es: "{caller.__class__}"}\n' + END, 5, "not a name"),
    ("an index", HEAD + '  - say: {es: "{caller[0]}"}\n' + END, 5, "not a name"),
    ("a conversion", HEAD + '  - say: {es: "{caller.name!r}"}\n' + END, 5, "not a name"),
    ("a format of a format", HEAD + '  - say: {es: "{caller.name:{caller.number}}"}\n' + END, 5, "lone `{`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "what"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_a_hostile_file_is_refused_in_bounded_time_and_memory(text: str, line: int, what: str) -> None:
    """By design: bounds on size, depth, values, steps, lengths, guesses and messages."""
    found, taken, grown = measured(text)
    if line:
        assert found, "nothing was found"
        assert (found[0].line, what in found[0].message) == (line, True), str(found[0])[:300]
        assert all(len(str(problem)) < 1000 for problem in found)
        assert len(found) < 500, (
            "a mistake made a thousand times is told a hundred times, and that there are more"
        )
    else:
        assert found == []
    assert taken < SECONDS, f"{taken:.1f} s"
    assert grown < MEGABYTES, f"{grown:.0f} MB"


@pytest.mark.long
@pytest.mark.parametrize("what", ["targets", "values", "nodes", "names"])
def test_the_largest_file_of_mistakes(what: str) -> None:
    """Two thousand steps, each of them wrong: still an answer within seconds."""
    step = {
        "targets": "  - id: step_{0}\n    outcome: a\n    then: stepp_{0}\n",
        "values": '  - set: {{s{0}: "{{t{0}}}"}}\n',
        "nodes": "  - id: s{0}\n    outcom: a\n",
        "names": "  - outcome: told\n",
    }[what]
    found, taken, grown = measured(
        rows(lambda n: step.replace("{0}", str(n)).replace("{{", "{").replace("}}", "}"), 1990)
    )
    assert found
    assert (taken < LARGEST, grown < MEGABYTES) == (True, True), f"{taken:.1f} s, {grown:.0f} MB"


def measured(text: str) -> tuple[list[Problem], float, float]:
    """The problems, processor seconds, and by how many megabytes the process's peak has grown."""
    before, begun = getrusage(RUSAGE_SELF).ru_maxrss, process_time()
    found = problems(text)
    return found, process_time() - begun, (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1000


def test_flows_that_wait_for_one_another_without_end() -> None:
    """A circle is told; so is a chain that is deeper than any call may nest."""
    head = "languages: [es]\nperson: billing\nsteps:\n"
    circle = [f"flow: f{n}\n{head}  - subflow: f{(n + 1) % 3}\n  - hangup: normal\n" for n in range(3)]
    told = problems(*circle)
    assert told
    assert all("must not go in circles" in problem.message for problem in told)
    chain = [f"flow: f{n}\n{head}  - subflow: f{n + 1}\n" for n in range(30)]
    found = problems(*chain, f"flow: f30\n{head}  - hangup: normal\n")
    assert any("more than 20 flows wait" in problem.message for problem in found)
    sound = [f"flow: f{n}\n{head}  - subflow: f{n + 1}\n" for n in range(19)]
    assert not any("flows wait" in p.message for p in problems(*sound, f"flow: f19\n{head}  - outcome: a\n"))


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would wait for ever, a device would never end, a folder is none."""
    pipe = tmp_path / "pipe.flow.yaml"
    os.mkfifo(pipe)
    endless = tmp_path / "endless.flow.yaml"
    endless.symlink_to("/dev/zero")
    folder = tmp_path / "folder.flow.yaml"
    folder.mkdir()
    for file in (pipe, endless, folder):
        with pytest.raises(FlowsInvalid, match="no file"):
            read(file)
    _, found = read_flows([pipe, endless], CATALOGUE)
    assert len(found) == 2


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """One broken file of three: its line, and the mistakes of the others."""
    (tmp_path / "a.flow.yaml").write_text(laughs(), encoding="utf-8")
    (tmp_path / "b.flow.yaml").write_text(HEAD.replace("trial", "b") + "  - hangup: now\n", encoding="utf-8")
    _, found = read_flows([tmp_path], CATALOGUE)
    assert {Path(problem.file).name for problem in found} == {"a.flow.yaml", "b.flow.yaml"}


def many(line: Callable[[int], str], n: int) -> str:
    return "flow: trial\ntests:\n  - test: t\n    steps:\n" + "".join(line(at) for at in range(n))


# (what it is, the text of a test file, how many problems)
HOSTILE_TESTS = [
    ("the billion laughs", laughs(), 101),
    ("a deep list", "flow: trial\ntests: " + "[" * 3000, 1),
    ("keys that are none", many(lambda _n: "      - sya: a\n", 3000), 101),
    ("steps that are none", many(lambda n: f"      - expect: {{step: st{n}}}\n", 2000), 101),
    ("outcomes that are none", many(lambda n: f"      - expect: {{outcome: o{n}}}\n", 2000), 101),
    (
        "a language five thousand times",
        "flow: trial\nlanguage: [" + "es, " * 5_000 + "es]\ntests: []\n",
        2,
    ),
    ("a zone out of its folder", "flow: trial\nzone: ../../etc/passwd\ntest: t\nsteps: [{key: 1}]\n", 1),
]


@pytest.mark.parametrize(("text", "count"), [h[1:] for h in HOSTILE_TESTS], ids=[h[0] for h in HOSTILE_TESTS])
def test_a_hostile_test_file_is_refused_in_bounded_time(text: str, count: int) -> None:
    """A test is a file that people write, too: the first hundred mistakes, in seconds."""
    flows = flow_set(HEAD + END)
    begun = process_time()
    with pytest.raises(FlowsInvalid) as fault:
        scripts_of(parse(text, "trial.test.yaml"), flows)
    assert len(fault.value.problems) == count
    assert process_time() - begun < SECONDS


def test_a_catalogue_is_read_with_the_same_care(tmp_path: Path) -> None:
    """It is a file that people write, too."""
    file = tmp_path / "catalogue.yaml"
    for text, what in ((laughs(), "anchor"), ("queues: " + "[" * 5000, "nested"), ("queues: !!x [a]", "tag")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(FlowsInvalid, match=what):
            load_catalogue(file)


def test_what_a_caller_says_is_never_expanded() -> None:
    """A value that looks like a template, a condition or a command is said as it is, and nothing else."""
    name = "{caller.number} {account.balance} ${x} `ls` %s"
    flows = flow_set(
        HEAD
        + '  - say: {es: "Hola, {caller.name}."}\n  - branch: [{if: caller.name == "x", then: end}]\n    else: end\n'
        + END
    )
    call = Conversation(flows, "trial", Facts("es", {"name": name, "number": "34600111222", "segment": ""}))
    said = spoken(call.start())
    assert "34600111222" not in said
    assert "account.balance" in said
    assert call.faults == []


def test_a_call_ends_whatever_the_flow_does() -> None:
    """A circle with a question in it is allowed: a caller who goes round for ever comes to an end."""
    call = conversation(
        HEAD
        + '  - ask: more\n    type: yes_no\n    prompt: {es: "¿Más?"}\n    answers: {yes: more, no: end}\n'
        + END
    )
    effect = call.start()
    for _ in range(3000):
        if call.finished:
            break
        effect = key(call, effect, "1") if isinstance(effect, Collect) else call.send(_answer(effect))
    assert call.finished


def _answer(effect: Effect) -> Result:
    return (
        Played() if isinstance(effect, Play) else Failed("nobody") if isinstance(effect, Enqueue) else Done()
    )


def test_copies_of_copies_end_with_a_person_and_not_with_the_memory() -> None:
    """Ten times itself, ten times over, is what YAML's laughs are; the call is put through instead."""
    steps = '  - set:\n      x0: "aaaaaaaaaa"\n' + "".join(
        f'  - id: s{n}\n    set:\n      x{n}: "' + f"{{x{n - 1}}}" * 10 + '"\n' for n in range(1, 12)
    )
    call = conversation(HEAD + steps + END)
    assert isinstance(call.start(), Play), "an apology"
    assert isinstance(call.send(Played()), Enqueue)
    assert [fault.reason for fault in call.faults] == [
        "ValueUnspeakable: a text with its values is longer than 4000 characters"
    ]
