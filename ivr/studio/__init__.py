"""The recording studio: what it is asked to record, and what it sends back."""
