"""The dialler: takes people from a campaign's list, asks the contact rules at that instant, and calls them.

`control` is what coordinators do; `dialler` is one server's part in it, over a `DiallingLine`; `switch_line`
is that line on the switch, and `serving` what happens once somebody has answered. `results`, `retrying` and
`best_time` are pure.
"""
