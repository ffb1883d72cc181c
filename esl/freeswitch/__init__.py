"""The configuration of a real FreeSWITCH, rendered from the project's settings."""
