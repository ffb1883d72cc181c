"""Wrong flow files: each mistake at its line, with a remedy that helps."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dialogs.loader import assemble, read_flows
from dialogs.source import parse
from tests.dialogs.flowtext import CATALOGUE, HEAD, problems

ASK = """  - ask: customer_number
    type: digits
    length: 5
    prompt: {es: "¿Número?"}
"""
LOOKUP = """  - lookup: account
    by: {customer_number: "{customer_number}"}
    found: end
    missing: end
    slow: end
    error: end
"""
END = "  - id: end\n    hangup: normal\n"

# (steps, line and column of the problem, what it must say). Steps begin in line 5.
WRONG = [
    ("unknown key", '  - say: {es: "hola"}\n    thn: end\n' + END, "6:5", "did you mean `then`"),
    ("unknown node", '  - sya: {es: "hola"}\n' + END, "5:5", "did you mean `say`"),
    ("no node", '  - prompt: {es: "hola"}\n' + END, "5:5", "has no type"),
    ("two nodes", '  - say: {es: "a"}\n    outcome: b\n' + END, "5:5", "split it"),
    ("a step that is text", "  - hola\n" + END, "5:5", "list of keys"),
    ("unknown target", '  - say: {es: "a"}\n    then: ende\n' + END, "6:5", "did you mean `end`"),
    ("unknown language", '  - say: {es: "a", ct: "b"}\n' + END, "5:20", "does not speak `ct`"),
    ("missing language", '  - say: {en: "a"}\n' + END, "5:5", "no text in `es`"),
    ("text without language", "  - say: hola\n" + END, "5:5", "one text per language"),
    ("empty text", '  - say: {es: ""}\n' + END, "5:11", "the text is empty"),
    ("bad format", '  - say: {es: "{caller.name:monye}"}\n' + END, "5:11", "did you mean `money`"),
    ("misfitting format", '  - say: {es: "{caller.name:money}"}\n' + END, "5:11", "cannot be said as money"),
    ("unknown name", '  - say: {es: "{caller.nmae}"}\n' + END, "5:11", "did you mean `caller.name`"),
    ("lone brace", '  - say: {es: "{caller.name"}\n' + END, "5:11", "lone `{`"),
    ("python in a template", '  - say: {es: "{a.__class__}"}\n' + END, "5:11", "not a name"),
    ("used before filled", '  - say: {es: "{customer_number}"}\n' + ASK + END, "5:11", "before it is filled"),
    (
        "filled on one way only",
        '  - branch: [{if: caller.segment == "vip", then: tell}]\n    else: customer_number\n'
        + ASK
        + '  - id: tell\n    say: {es: "{customer_number}"}\n'
        + END,
        "12:11",
        "before it is filled",
    ),
    ("unreachable", '  - say: {es: "a"}\n    then: end\n  - id: lost\n    say: {es: "b"}\n' + END, "7:5", "no step leads"),
    ("runs off the end", '  - say: {es: "a"}\n', "5:5", "nothing follows"),
    (
        "silent circle",
        '  - id: a\n    say: {es: "a"}\n  - id: b\n    branch: [{if: caller.name == "x", then: end}]\n    else: a\n'
        + END,
        "5:5",
        "goes round without asking",
    ),
    (
        "no way out",
        '  - id: a\n    say: {es: "a"}\n    then: b\n  - id: b\n    say: {es: "b"}\n    then: a\n',
        "5:5",
        "never ends",
    ),
    ("unknown kind of answer", ASK.replace("digits", "digit") + END, "6:5", "did you mean `digits`"),
    ("digits without length", ASK.replace("    length: 5\n", "") + END, "6:5", "add `length: 5`"),
    ("length out of range", ASK.replace("5", "99") + END, "7:5", "1 to 32"),
    ("length as text", ASK.replace("5", "five") + END, "7:5", "whole number"),
    ("unknown option", ASK.replace("length", "lenght") + END, "7:5", "did you mean `length`"),
    ("unknown check digit", ASK + "    check_digit: lunh\n" + END, "9:5", "luhn"),
    ("prompt missing", '  - ask: n\n    type: yes_no\n' + END, "5:5", "`prompt` is missing"),
    ("answers of digits", ASK + "    answers: {yes: end, no: end}\n" + END, "9:5", "yes_no"),
    (
        "half the answers",
        '  - ask: more\n    type: yes_no\n    prompt: {es: "¿Más?"}\n    answers: {yes: end}\n' + END,
        "8:5",
        "both `yes` and `no`",
    ),
    ("retries out of range", ASK + "    retries: {no_input: 9}\n" + END, "9:15", "0 to 5"),
    ("retries misspelt", ASK + "    retries: {noinput: 1}\n" + END, "9:15", "did you mean `no_input`"),
    (
        "a text never heard",
        ASK + '    retries: {no_match: 1}\n    no_match: [{es: "a"}, {es: "b"}]\n' + END,
        "10:27",
        "never heard",
    ),
    ("timeout out of range", ASK + "    timeout: 0.1\n" + END, "9:5", "1 to 30"),
    ("barge_in as text", ASK + "    barge_in: maybe\n" + END, "9:5", "true or false"),
    ("unknown look-up", ASK + LOOKUP.replace("account", "acount") + END, "9:5", "did you mean `account`"),
    ("wrong by", ASK + LOOKUP.replace("{customer_number:", "{number:") + END, "10:10", "not asked by `number`"),
    ("no error branch", ASK + LOOKUP.replace("    error: end\n", "") + END, "9:5", "`error` is missing"),
    (
        "unknown field",
        ASK + LOOKUP + '  - id: end\n    say: {es: "{account.balanse:money}"}\n  - hangup: normal\n',
        "16:11",
        "did you mean `account.balance`",
    ),
    (
        "field before the look-up",
        ASK + '  - say: {es: "{account.balance:money}"}\n' + LOOKUP + END,
        "9:11",
        "before it is filled",
    ),
    (
        "field without a find",
        ASK + LOOKUP + '  - id: end\n    say: {es: "{account.balance:money}"}\n  - hangup: normal\n',
        "16:11",
        "before it is filled",
    ),
    ("boolean spoken", '  - say: {es: "{account.open}"}\n' + ASK + LOOKUP + END, "5:11", "cannot be said"),
    ("condition of nothing", '  - branch: [{if: caller.nme == "x", then: end}]\n    else: end\n' + END, "5:15", "caller.name"),
    ("condition of types", '  - branch: [{if: caller.name > 5, then: end}]\n    else: end\n' + END, "5:15", "different types"),
    ("condition that is none", "  - branch: [{if: caller.name, then: end}]\n    else: end\n" + END, "5:15", "yes-or-no"),
    ("a regular expression", "  - branch: [{if: caller.name =~ '(a+)+$', then: end}]\n    else: end\n" + END, "5:15", "not allowed"),
    ("branch without else", '  - branch: [{if: caller.name == "x", then: end}]\n' + END, "5:5", "`else` is missing"),
    ("branch with then", '  - branch: [{if: caller.name == "x", then: end}]\n    else: end\n    then: end\n' + END, "7:5", "remove `then`"),
    ("unknown queue", "  - queue: biling\n    busy: end\n" + END, "5:5", "did you mean `billing`"),
    ("queue without busy", "  - queue: billing\n", "5:5", "`busy` is missing"),
    ("hangup for no reason", "  - hangup: now\n", "5:5", "write `normal`"),
    ("outcome with capitals", "  - outcome: Told It\n" + END, "5:5", "lower case"),
    ("two steps of one name", "  - outcome: told\n  - outcome: told\n" + END, "6:5", "two steps are called `told`"),
    ("confirm reads nothing", ASK + '  - confirm: customer_number\n    prompt: {es: "¿Sí?"}\n    no: customer_number\n' + END, "10:14", "does not read back"),
    ("language not spoken", "  - language: ca\n" + END, "5:5", "does not speak `ca`"),
    ("unknown flow", "  - subflow: anything\n" + END, "5:5", "there is no flow `anything`"),
    ("itself as subflow", "  - subflow: trial\n" + END, "5:5", "circles"),
    ("slot named as a look-up", ASK.replace("customer_number", "account") + END, "5:5", "name of a look-up"),
    ("again to nowhere", ASK + LOOKUP + "    again: {step: nummer}\n" + END, "15:13", "there is no step"),
    ("anchor", "  - say: &hi {es: a}\n" + END, "5:10", "anchor"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "place", "what"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_mistake_is_found_at_its_place(steps: str, place: str, what: str) -> None:
    """The line and column of the mistake, and words that mend it."""
    found = [str(problem) for problem in problems(HEAD + steps)]
    assert any(f":{place}: " in item and what in item for item in found), found


@pytest.mark.parametrize(
    ("head", "place", "what"),
    [
        (HEAD.replace("person: billing\n", ""), "1:1", "`person` is missing"),
        (HEAD.replace("billing", "biling"), "3:1", "did you mean `billing`"),
        (HEAD.replace("[es]", "[es, fr]"), "2:17", "unknown language `fr`"),
        (HEAD.replace("[es]", "[es, es]"), "2:17", "twice"),
        (HEAD.replace("[es]", "[ko]"), "2:13", "unknown language `ko`"),
        (HEAD.replace("languages", "langauges"), "2:1", "did you mean `languages`"),
        (HEAD.replace("flow: trial", "flow: Trial"), "1:1", "lower case"),
    ],
)
def test_a_mistake_in_the_head(head: str, place: str, what: str) -> None:
    """The keys of the file itself."""
    found = [str(problem) for problem in problems(head + END)]
    assert any(f":{place}: " in item and what in item for item in found), found


MENU = """  - menu: m
    prompt: {es: "¿Qué?"}
    choices:
      balance: {key: 1, phrases: {es: [saldo]}, then: end}
      person: {key: 0, phrases: {es: [operador]}, then: people}
  - id: people
    queue: billing
    busy: {offer: callback, declined: end}
"""


def test_a_sound_menu_has_no_problem() -> None:
    """The menu that the next test breaks is sound by itself."""
    assert problems(HEAD.replace("billing", "people") + MENU + END) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("key: 0", "key: 1", "9:16", "also that of `balance`"),
        ("key: 1", "key: 0", "8:17", "for a person everywhere"),
        ("key: 1", "key: 12", "8:17", "one digit, 0 to 9"),
        ("[operador]", "[Saldo!]", "9:39", "also a phrase of `balance`"),
        ("[saldo]", "[operadora]", "8:40", "asks for a person everywhere"),
        ("[saldo]", "['...']", "8:40", "no word in it"),
        ("{es: [saldo]}", "{ca: [saldo]}", "8:25", "no phrases in `es`"),
        ("then: people}", "then: end}", "7:5", "does not offer a person"),
        ("balance: {", "failed: {", "8:7", "another name"),
        ("then: end}", "then: ende}", "8:49", "did you mean `end`"),
    ],
)
def test_menus(old: str, new: str, place: str, what: str) -> None:
    """Keys and phrases that collide, and a main menu without a person."""
    text = HEAD.replace("billing", "people") + MENU.replace(old, new, 1) + END
    found = [str(problem) for problem in problems(text)]
    assert any(f":{place}: " in item and what in item for item in found), found


def test_words_that_the_recogniser_does_not_know_are_named() -> None:
    """A grammar word that a model lacks is dropped silently by the engine, so the checker asks first."""
    deaf = dataclasses.replace(CATALOGUE, vocabulary={"es": lambda word: word != "saldo"})
    found = problems(HEAD.replace("billing", "people") + MENU + END, catalogue=deaf)
    assert [p.line for p in found] == [8]
    assert "does not know the word `saldo`" in found[0].message


def test_all_mistakes_are_found_in_one_run() -> None:
    """Five mistakes in five steps are five problems, in the order of the lines."""
    steps = (
        '  - sya: {es: "a"}\n  - say: {en: "a"}\n  - say: {es: "{caller.nmae}"}\n  - queue: q\n    busy: b\n'
        + END
    )
    found = problems(HEAD + steps)
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    assert {problem.line for problem in found} == {5, 6, 7, 8, 9}


def test_one_broken_step_hides_no_other_mistake() -> None:
    """Names in texts and conditions, targets and flows are judged beside a step that cannot be read."""
    steps = (
        '  - sya: {es: "a"}\n'
        + ASK
        + LOOKUP.replace("found: end", "found: next")
        + '  - id: next\n    say: {es: "{acount.balance:money}"}\n'
        + '  - say: {es: "{account.balanse:money}"}\n'
        + '  - say: {es: "{custmer_number}"}\n'
        + "  - subflow: anything\n"
        + "  - branch: [{if: acount.open == true, then: end}]\n    else: ende\n"
        + END
    )
    found = [f"{p.line}: {p.message}" for p in problems(HEAD + steps)]
    assert [item.partition(":")[0] for item in found] == ["5", "17", "18", "19", "20", "21", "22"], found
    for place, what in enumerate(
        (
            "`say`",
            "`account.balance`",
            "`account.balance`",
            "`customer_number`",
            "flow",
            "`account.open`",
            "`end`",
        )
    ):
        assert what in found[place]


def test_a_mistake_in_the_head_hides_no_unknown_name() -> None:
    """A language that is misspelt says nothing about the slots."""
    found = problems(HEAD.replace("[es]", "[es, fr]") + '  - say: {es: "{custmer}", fr: "a"}\n' + END)
    assert any(p.line == 5 and "nothing is called `custmer`" in p.message for p in found)
    assert any(p.line == 2 for p in found)


@pytest.mark.parametrize(
    "broken",
    [
        ASK.replace("- ask", "- aks"),
        ASK.replace("length: 5", "lenght: 5"),
        ASK.replace("- ask: ", "- ask "),
        '  - set: {customer_number: "1", Other: "2"}\n',
        '  - outcome: told\n  - id: told\n    set: {customer_number: "1"}\n',
    ],
    ids=["type", "option", "colon", "set", "name taken"],
)
def test_what_a_broken_step_may_fill_is_not_a_second_mistake(broken: str) -> None:
    """One mistake, one line: the names that the step would have filled, and its own, count as there."""
    use = '  - say: {es: "{customer_number}"}\n  - branch: [{if: customer_number == "1", then: end}]\n    else: end\n'
    sound = len(problems(HEAD + broken + END))
    assert sound >= 1
    assert len(problems(HEAD + broken + use + END)) == sound


@pytest.mark.parametrize(
    ("broken", "target"),
    [
        (ASK.replace("- ask", "- aks"), "customer_number"),
        ('  - confirm: number\n    prompt: {es: "¿{number}?"}\n    on: end\n', "confirm_number"),
        ('  - sya: {es: "a"}\n', "say_1"),
    ],
)
def test_a_broken_step_is_still_a_step_to_go_to(broken: str, target: str) -> None:
    """Whatever the step's name will be once it is mended, a target of that name is not wrong."""
    found = problems(HEAD + broken + f'  - say: {{es: "a"}}\n    then: {target}\n' + END)
    assert not [p.message for p in found if "there is no step" in p.message]


def test_a_misspelt_look_up_is_one_mistake() -> None:
    """Its fields, rightly spelt, are not reported on top."""
    text = (
        ASK + LOOKUP.replace("account", "acount") + '  - id: end\n    say: {es: "{account.balance:money}"}\n'
    )
    assert [p.line for p in problems(HEAD + text + "  - hangup: normal\n")] == [9]


def test_a_file_that_cannot_be_read_is_not_missed(tmp_path: Path) -> None:
    """A tab in the child is the child's mistake, and none of the flow that uses it."""
    (tmp_path / "trial.flow.yaml").write_text(
        HEAD + '  - subflow: child\n  - say: {es: "{customer_number}"}\n' + END, encoding="utf-8"
    )
    (tmp_path / "child.flow.yaml").write_text(CHILD + "\t- x: [\n", encoding="utf-8")
    found = read_flows([tmp_path], CATALOGUE)[1]
    assert {Path(p.file).name for p in found} == {"child.flow.yaml"}, found


CHILD = "flow: child\nlanguages: [es]\nperson: billing\nsteps:\n" + ASK


def test_a_subflow_gives_what_it_fills_on_every_way() -> None:
    """After the subflow its slot is there; before it, it is not."""
    after = HEAD + '  - subflow: child\n  - say: {es: "{customer_number}"}\n' + END
    before = HEAD + '  - say: {es: "{customer_number}"}\n  - subflow: child\n' + END
    assert problems(after, CHILD) == []
    assert [p.line for p in problems(before, CHILD)] == [5]


def test_a_subflow_may_use_what_its_callers_filled() -> None:
    """What every caller has filled counts inside the subflow, too."""
    child = 'flow: child\nlanguages: [es]\nperson: billing\nsteps:\n  - say: {es: "{customer_number}"}\n'
    assert problems(HEAD + ASK + "  - subflow: child\n" + END, child) == []
    lacking = problems(HEAD + "  - subflow: child\n" + ASK + END, child)
    assert [(p.file, p.line) for p in lacking] == [("child.flow.yaml", 5)]


def test_a_subflow_must_speak_its_callers_languages() -> None:
    """A Catalan caller must not fall into a Spanish hole."""
    parent = (HEAD + '  - say: {es: "a", ca: "a"}\n  - subflow: child\n' + END).replace("[es]", "[es, ca]")
    assert any("does not speak `ca`" in p.message for p in problems(parent, CHILD))


def test_circles_of_subflows_are_refused() -> None:
    """a uses b, b uses a: both are told."""
    a = "flow: a\nlanguages: [es]\nperson: billing\nsteps:\n  - subflow: b\n"
    b = "flow: b\nlanguages: [es]\nperson: billing\nsteps:\n  - subflow: a\n"
    found = problems(a, b)
    assert {p.file for p in found if "circles" in p.message} == {"a.flow.yaml", "b.flow.yaml"}


def test_a_misspelt_flow_name_is_one_mistake() -> None:
    """Others call the flow by its file's name: that it comes back to them is still true."""
    main = HEAD + "  - subflow: child\n  - hangup: normal\n"
    child = HEAD.replace("trial", "chidl") + '  - id: hello\n    say: {es: "Hola."}\n'
    sources = [parse(main, "trial.flow.yaml"), parse(child, "child.flow.yaml")]
    (found,) = assemble(sources, CATALOGUE)[1]
    assert (found.file, found.line) == ("child.flow.yaml", 1)
    assert "rename one" in found.message


def test_a_copied_name_hides_a_misspelt_target_only_where_it_may_be_its_cause() -> None:
    """One double explains one missing name, never two, and none that is nearly another's."""
    double = '  - id: one\n    say: {es: "A."}\n    then: TARGET\n  - id: one\n    say: {es: "B."}\n  - hangup: normal\n'
    assert len(problems(HEAD + double.replace("TARGET", "somewhere"))) == 1
    assert len(problems(HEAD + double.replace("TARGET", "hangup_33"))) == 2


def test_languages_that_are_called_by_their_names() -> None:
    """One line for each name, with its code, and none about texts that stand under that code."""
    text = HEAD.replace("[es]", "[español, Catalán, inglés]")
    found = problems(text + '  - say: {es: "Hola.", ca: "Hola.", en: "Hello."}\n' + END)
    assert [one.message for one in found] == [
        "unknown language `español`: write `es`",
        "unknown language `Catalán`: write `ca`",
        "unknown language `inglés`: write `en`",
    ]
