"""Talks to FreeSWITCH: the wire, the connections, and one call's leg as the application sees it."""
