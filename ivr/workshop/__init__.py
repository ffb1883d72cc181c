"""The designer's workshop: flow tests on several cores, their reports, and calls by voice at the desk."""
