"""Agents and supervisors: who is there, whom they have in hand, how a contact ends, and who watches over it.

`agents.yaml` is read by `reading` into a `roster`. `desk` checks agents in and out, `following` writes down
what the switch tells, `contacts` closes with an outcome, `watchdog` finds what the switch's call centre has
forgotten, `supervising` listens and moves, `alerting` tells when something crosses its threshold.
"""
