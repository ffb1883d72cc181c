"""Flows on their way into live calls: a folder is checked, published, loaded by every server, switched to.

`folder` (files ⇄ release) · `checkup` (everything that must hold) · `differences` (what has changed, for
people) · `loading` (a release becomes flows, in a process beside the server) · `live` (which flows a new
call takes)
"""
