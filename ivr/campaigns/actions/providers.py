"""Providers of WhatsApp: each strategy declares its own, and its file is read when a message goes.

So a key that was renewed counts at once, and no key lies in the database.
"""

from __future__ import annotations

from pathlib import Path

from dialogs.errors import FlowsInvalid
from ivr.campaigns.actions.written import ProviderFile
from ivr.campaigns.strategies import StrategyFile, load_strategy
from ivr.messenger.message import DeliveryFailed, Message
from ivr.messenger.sms import HttpSms


class StrategyProviders:
    """Carries `whatsapp` messages, each by the provider of its strategy."""

    sends = True

    def __init__(self, folder: Path) -> None:
        """`folder`: of the strategies' files."""
        self._folder = folder
        self._links: dict[str, tuple[ProviderFile, HttpSms]] = {}
        """Kept while their declaration stays the same: a connection is worth keeping."""
        self._read: dict[str, tuple[int, StrategyFile]] = {}

    def deliver(self, message: Message) -> str:
        """Raises `DeliveryFailed`; what an operator can mend is not final."""
        strategy, _, name = message.via.partition("/")
        declared = self._provider(strategy, name)
        known = self._links.get(message.via)
        if known is None or known[0] != declared:
            known = self._links[message.via] = (declared, HttpSms(declared))
        return known[1].deliver(message)

    def _provider(self, strategy: str, name: str) -> ProviderFile:
        try:
            providers = self._strategy(strategy).providers
        except (FlowsInvalid, OSError) as fault:
            raise DeliveryFailed(f"strategies/{strategy}.yaml cannot be used: {_first(fault)}") from None
        if not name and len(providers) == 1:
            return next(iter(providers.values()))
        if name not in providers:
            raise DeliveryFailed(f"strategies/{strategy}.yaml declares no provider {name or 'alone'}")
        return providers[name]

    def _strategy(self, name: str) -> StrategyFile:
        changed = (self._folder / f"{name}.yaml").stat().st_mtime_ns
        known = self._read.get(name)
        if known is None or known[0] != changed:
            known = self._read[name] = (changed, load_strategy(self._folder, name))
        return known[1]


def _first(fault: FlowsInvalid | OSError) -> str:
    if isinstance(fault, FlowsInvalid):
        first = fault.problems[0]
        return f"line {first.line}: {first.message}"[:200]
    return fault.strerror or type(fault).__name__
