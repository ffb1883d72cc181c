"""Whether and when the company may contact a person: laws and practice as dated data, one way to decide.

`written` is what a rule file holds, `reading` reads it, `rulebook` says which rules are in force, `deciding`
decides with what is on record of the person (`contact`), `gate` asks the database for that record.
"""
