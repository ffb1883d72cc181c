"""Whether the agent for whom a campaign has called somebody came, told by the moments of the call."""

from __future__ import annotations

from collections.abc import Callable

from ivr.moments import CallOver, HandedOver, Moment, Watch


class AgentAwaited:
    """To be given to the session as its `Watch`."""

    def __init__(self, watch: Watch, *, for_agents: bool, connected: Callable[[], None]) -> None:
        """`for_agents`: they are called for an agent to talk with; `connected` is told once one does."""
        self._watch, self._for_agents, self._connected = watch, for_agents, connected
        self.cause = ""
        self._waited = self._talked = False

    @property
    def abandoned(self) -> bool:
        """They were to have an agent, and had none."""
        return self._for_agents and self._waited and not self._talked

    def tell(self, moment: Moment) -> None:
        """Hears what happens, and passes it on."""
        match moment:
            case HandedOver(result="handed"):
                self._talked = True
                self._connected()
            case HandedOver():
                self._waited = True
            case CallOver(cause=cause):
                self.cause = cause
        self._watch(moment)
