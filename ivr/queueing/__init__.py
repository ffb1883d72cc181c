"""Hand-over to people: the declared queues, how long the wait will be, and who is called back.

`queues.yaml` is read by `reading` into a `plan`; `sync` keeps a running switch in step with it, `waiting`
foretells waits, and `callbacks` keeps the places of those who do not want to hold the line.
"""
