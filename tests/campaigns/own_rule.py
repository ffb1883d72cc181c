"""A contact rule of the company's own, for collection calls in Spain."""

from __future__ import annotations

_RULE = """rules:
  - id: {name}
    extra: true
    jurisdictions: [ES]
    purposes: [collection]
    actors: [creditor]
    channels: [call]
    status: practice
    source: our board
    verified_on: 2026-11-01
    valid_from: 2020-01-01
    valid_to: open
    zones: {zones}
    {wants}
"""


def own_rule(name: str, wants: str, *, zones: str = "prefix") -> str:
    """The file that says so. `wants`: its one demand, as a key with its value."""
    return _RULE.format(name=name, wants=wants, zones=zones)
