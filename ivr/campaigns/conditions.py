"""Who is meant: a condition over a customer base, read as those of flows are, and checked before it runs.

`account.stage in ["early", "middle"] and account.balance >= 2000 and not promise.running` (money in cents).
It becomes a tree of `data.base_facts`, which asks the database; what cannot is refused with a remedy.
"""

from __future__ import annotations

from typing import Any

import rule_engine.ast as parsed
from rule_engine import Context, Rule

from data.base_facts import FACTS, Compare, Joined, Name, Not, OneOf, Operator, Scalar, Test, Whether
from dialogs.expressions import parse_condition
from dialogs.source import nearest

_OPERATORS: dict[str, Operator] = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_VALUES = {
    "account.stage": ("none", "preventive", "early", "middle", "late", "pre_judicial", "judicial"),
    "customer.language": ("es", "ca", "en"),
    "account.pays_by": ("direct_debit", "card", "transfer", "cash"),
}
"""What a text can be, where only these make sense: anything else would never be met."""
LARGEST = 10**15
"""Of numbers in a condition, either way: far beyond any fact, and what databases can compare."""


def read_condition(text: str) -> Test:
    """The condition as a tree. Raises `ValueError` with what is wrong and what to do."""
    if not text.strip():
        raise ValueError("the condition is empty: write `true` for everybody")
    if text.strip() in ("true", "false"):
        return Whether(text.strip() == "true")
    condition = parse_condition(text)
    for name in condition.names:
        if name not in FACTS:
            raise ValueError(f"nothing is known as `{name}`: {nearest(name, FACTS)}")
    mistake = condition.mistake({name: FACTS[name][0] for name in condition.names})
    if mistake is not None:
        raise ValueError(mistake)
    # The context has no types: constants are not folded by what a name might be.
    tree = _test(Rule(condition.flat, context=Context()).statement.expression)
    _insist_on_values(tree)
    return tree


def _test(node: Any) -> Test:
    match node:
        case parsed.LogicExpression(type=("and" | "or") as how):
            return Joined(how, _test(node.left), _test(node.right))
        case parsed.UnaryExpression(type="not"):
            return Not(_test(node.right))
        case parsed.ContainsExpression(container=parsed.ArrayExpression()):
            name = _side(node.member)
            if not isinstance(name, Name):
                raise ValueError('before `in` stands a name: write `account.stage in ["early"]`')
            return OneOf(name, tuple(_scalar(one) for one in node.container.value))
        case parsed.ComparisonExpression() if node.type in _OPERATORS:
            return _compared(node)
        case parsed.SymbolExpression():
            return Whether(_name(node))
        case parsed.BooleanExpression():
            return Whether(bool(node.value))
    raise ValueError("a condition compares names with values: == != < <= > >= in, and or not ( )")


def _compared(node: Any) -> Test:
    left, right, operator = _side(node.left), _side(node.right), _OPERATORS[node.type]
    kinds = {FACTS[one.name][0] for one in (left, right) if isinstance(one, Name)}
    if operator not in ("==", "!=") and kinds & {"text", "boolean"}:
        raise ValueError(f"texts have no order, `{operator}` compares numbers: write == or in [...]")
    return Compare(left, operator, right)


def _side(node: Any) -> Name | Scalar:
    return _name(node) if isinstance(node, parsed.SymbolExpression) else _scalar(node)


def _name(node: Any) -> Name:
    return Name(str(node.name).removeprefix("v_").replace("__", "."))


def _scalar(node: Any) -> Scalar:
    match node:
        case parsed.StringExpression():
            return str(node.value)
        case parsed.FloatExpression():
            return float(node.value)
        case parsed.BooleanExpression():
            return bool(node.value)
        case parsed.UnaryExpression(type="uminus", right=parsed.FloatExpression()):
            return -float(node.right.value)
    raise ValueError("only names, numbers, texts, true and false stand in a comparison")


def _insist_on_values(test: Test) -> None:
    """What a fact can never be is a slip of the pen, and would leave everybody out."""
    match test:
        case Joined(_, left, right):
            _insist_on_values(left)
            _insist_on_values(right)
        case Not(inner):
            _insist_on_values(inner)
        case OneOf(name, values):
            for value in values:
                _insist_on_value(name, value)
        case Compare(left, _, right):
            if isinstance(left, Name) and not isinstance(right, Name):
                _insist_on_value(left, right)
            if isinstance(right, Name) and not isinstance(left, Name):
                _insist_on_value(right, left)


def _insist_on_value(name: Name, value: Scalar) -> None:
    if isinstance(value, float) and abs(value) > LARGEST:
        raise ValueError(f"`{name.name}` is never {value:.0e}: write a number up to {LARGEST:.0e}")
    if isinstance(value, float) and FACTS[name.name][0] == "money" and not value.is_integer():
        raise ValueError(f"`{name.name}` is in cents, which are whole: for {value:g} write {value * 100:.0f}")
    known = _VALUES.get(name.name)
    if known is not None and value not in known:
        raise ValueError(f"`{name.name}` is never {value!r}: {nearest(str(value), known)}")
