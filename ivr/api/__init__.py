"""The HTTP API: what programs and screens of the business read of calls and queues, and may change.

Rules:
1. Nobody is told anything without a token whose role may know it (`roles`), but whether the server lives.
2. The database and the disk are asked in a thread pool of the API's own (`beside`): a request takes nothing
   from the calls, however slow its query.
3. What goes wrong is a problem document (RFC 9457): a code that stays, one line, the remedy; never a trace.
4. Whoever reads personal data is on record in the audit log, and so is whoever was refused.
5. The OpenAPI document is made from the routes and their models (`document`), not written beside them.
"""
