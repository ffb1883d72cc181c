"""What the law asks of whoever keeps people's data: to show it, to forget it, and not to keep it too long.

`persons` says what belongs to whom, `showing` writes it out, `erasing` forgets one person, `expiring` forgets
what is old, `files` are the recordings and messages beside the database.
"""
