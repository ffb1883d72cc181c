"""What the company knows and what the system remembers: models, queries, migrations, seeds."""
