"""Reports: what happened in queues, with agents, callers and flows, as figures (docs/reports.md)."""
