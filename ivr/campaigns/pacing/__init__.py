"""How many calls a campaign begins now, so that agents talk and nobody answers to silence.

`events` is what a dialler tells, `pacer` the interface and the careful mode (progressive), `predictive`
the mode that begins more calls than agents are free. Pure: the moment is given, nothing is asked of a
clock, a database or a random number.
"""
