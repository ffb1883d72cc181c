"""Outbound work: who may be contacted, whom a campaign works on, and what they promised.

`contact_rules` says whether and when a person may be contacted; `strategies` reads what the business has
declared; `samples` cuts a campaign's people out of its customer base and freezes them.
"""
