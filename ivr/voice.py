"""The two sides of the voice, set up from the settings: who listens, and who speaks.

Rules:
1. No synthesis, no server: there would be nothing to hear. No recogniser: the calls go on by keys, and
   the operator is told which sources of a model were tried.
2. Static prompts are warmed up beside the first calls, so that nobody waits for synthesis.
"""

from __future__ import annotations
