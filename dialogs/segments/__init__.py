"""Who a caller is taken for: `segments.yaml`, written by the business, checked like a flow.

`facts` (what may be asked of a caller's history) · `rules` (the first that holds, its effects, its reason) ·
`reading` (file → rules) · `checking` (everything that a schema cannot tell) · `golden` (tests beside it)
"""
