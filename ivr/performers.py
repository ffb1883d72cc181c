"""What `ivr/session` can perform on a live call beyond saying, asking, looking up and queueing.

A flow with a step whose performer is not here runs in the simulator and in tests, and is not published
(`dialogs.check.unperformable`). Whoever writes a performer adds its name.
"""

from __future__ import annotations

PERFORMERS: frozenset[str] = frozenset({"transfer", "record", "writes"})
