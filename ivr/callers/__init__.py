"""Who is calling: number → people, history → segment, with the reason.

`numbers` (what the switch tells, in every national style) · `history` (what is remembered, as facts) ·
`knowing` (a call's caller: before the greeting, and again when more is known) · `explaining` (for people)

A number is never a proof of who somebody is: the facts of a person are used for how they are received, and
what is theirs is named only where the number is nobody else's (`dialogs.segments`).
"""
