"""Hand-over to people: the declared queues, how long the wait will be, and who is called back.

`queues.yaml` is read by `reading` into a `plan`; `sync` keeps a running switch in step with it, `people` and
`foretelling` tell how a queue stands and how long it will take, `watching` notes who was in it. `booking`
takes down who does not want to hold the line, `callbacks` keeps their places and calls them. `context` is
what the agent is told of whoever comes.
"""
