"""A campaign in virtual time, against a modelled population: before anybody is called.

`population` is what a file describes, `people` draws from it, `floor` is the place where calls and agents
meet, `running` plays it in several modes and seeds, `figures` counts what came of it, `page` shows it. The
population knows nothing of the pacer: its draws share no code with what the pacer learns.
"""
