"""Known callers: accounts, notes, changes, appointments; proofs, consents, audit, outbox, segments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A migration stands alone: it must make the same tables for ever, whatever becomes of the models.
MOMENT = sa.DateTime(timezone=True)
NEW = (
    "appointment_changes",
    "appointments",
    "appointment_slots",
    "segments",
    "identities",
    "caller_settings",
    "movements",
    "promises",
    "ticket_notes",
    "order_changes",
    "consents",
    "suppressions",
    "installation",
    "audit_log",
    "verification_tries",
    "lockouts",
    "messages",
    "outbox",
    "done_requests",
)
"""Children before parents."""
ADDED = {
    "calls": ["customer_id", "segment", "segment_reason", "rules_version", "verified"],
    "customer_phone_numbers": ["verified_by", "verified_at"],
    "customers": [
        "region",
        "email",
        "address",
        "postal_code",
        "town",
        "birth_date",
        "membership",
        "value_cents",
        "value_currency",
        "since",
        "updated_at",
    ],
    "phone_numbers": ["blocked_at", "blocked_why"],
}


def upgrade() -> None:
    _accounts()
    _tickets()
    _people()
    _segments()
    _money()
    _tickets_and_orders()
    _appointments()
    _consents()
    _tries()
    _messages()
    _outbox()
    _calls()


def downgrade() -> None:
    for table in NEW:
        op.drop_table(table)
    op.drop_index("ix_calls_customer_id_started_at", "calls")
    for table, columns in ADDED.items():
        for column in reversed(columns):
            op.drop_column(table, column)
    # What the older schema has no place for: further accounts, cases of people who are no customers.
    op.execute("DELETE FROM tickets WHERE customer_id IS NULL")
    op.execute(
        "DELETE FROM accounts WHERE EXISTS (SELECT 1 FROM accounts AS first WHERE"
        " first.customer_id = accounts.customer_id AND (first.rank < accounts.rank"
        " OR first.rank = accounts.rank AND first.label < accounts.label))"
    )
    _without_orphans()
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("customer_id", existing_type=sa.Uuid(), nullable=False)
        for column in ("call_id", "about", "kind"):
            tickets.drop_column(column)
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_constraint(op.f("uq_accounts_customer_id_label"), type_="unique")
        for column in ("pays_by", "rank", "last_digits", "label"):
            accounts.drop_column(column)
        accounts.create_unique_constraint(op.f("uq_accounts_customer_id"), ["customer_id"])


def _without_orphans() -> None:
    """Foreign keys do not cascade while SQLite migrates."""
    for child, parent in (("debts", "account"), ("payments", "account"), ("ticket_status_changes", "ticket")):
        op.execute(f"DELETE FROM {child} WHERE {parent}_id NOT IN (SELECT id FROM {parent}s)")  # noqa: S608 -- names of ours


def _accounts() -> None:
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("label", sa.String(length=80), server_default="", nullable=False))
        accounts.add_column(sa.Column("last_digits", sa.String(length=4), server_default="", nullable=False))
        accounts.add_column(sa.Column("rank", sa.SmallInteger(), server_default="1", nullable=False))
        accounts.add_column(sa.Column("pays_by", sa.String(length=20), server_default="", nullable=False))
        accounts.drop_constraint(op.f("uq_accounts_customer_id"), type_="unique")
        accounts.create_unique_constraint(op.f("uq_accounts_customer_id_label"), ["customer_id", "label"])


def _tickets() -> None:
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("kind", sa.String(length=60), server_default="incident", nullable=False))
        tickets.add_column(sa.Column("about", sa.Text(), server_default="{}", nullable=False))
        tickets.add_column(sa.Column("call_id", sa.Uuid(), nullable=True))
        tickets.alter_column("customer_id", existing_type=sa.Uuid(), nullable=True)


def _people() -> None:
    op.add_column("customers", sa.Column("region", sa.String(length=16), server_default="", nullable=False))
    op.add_column("customers", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("customers", sa.Column("address", sa.String(length=200), nullable=True))
    op.add_column("customers", sa.Column("postal_code", sa.String(length=16), nullable=True))
    op.add_column("customers", sa.Column("town", sa.String(length=100), nullable=True))
    op.add_column("customers", sa.Column("birth_date", sa.Date(), nullable=True))
    op.add_column(
        "customers", sa.Column("membership", sa.String(length=40), server_default="", nullable=False)
    )
    op.add_column("customers", sa.Column("value_cents", sa.BigInteger(), nullable=True))
    op.add_column("customers", sa.Column("value_currency", sa.String(length=3), nullable=True))
    op.add_column("customers", sa.Column("since", sa.Date(), nullable=True))
    op.add_column("customers", sa.Column("updated_at", MOMENT, nullable=True))
    op.add_column("phone_numbers", sa.Column("blocked_at", MOMENT, nullable=True))
    op.add_column(
        "phone_numbers", sa.Column("blocked_why", sa.String(length=200), server_default="", nullable=False)
    )
    op.add_column("customer_phone_numbers", sa.Column("verified_by", sa.String(length=40), nullable=True))
    op.add_column("customer_phone_numbers", sa.Column("verified_at", MOMENT, nullable=True))
    op.create_table(
        "caller_settings",
        sa.Column("e164", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("e164", "name", name=op.f("pk_caller_settings")),
    )
    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=True),
        sa.Column("secret_hash", sa.String(length=200), nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_identities_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("customer_id", "kind", name=op.f("uq_identities_customer_id_kind")),
    )
    op.create_index("ix_identities_kind_value", "identities", ["kind", "value"], unique=False)


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("e164", sa.String(length=16), nullable=True),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("rules_version", sa.String(length=120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_segments_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
    )
    op.create_index("ix_segments_customer_id_at", "segments", ["customer_id", "at"], unique=False)
    op.create_index("ix_segments_e164_at", "segments", ["e164", "at"], unique=False)


def _money() -> None:
    op.create_table(
        "movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("concept", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_movements_iso_currency")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_movements_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
    )
    op.create_index("ix_movements_account_id_at", "movements", ["account_id", "at"], unique=False)
    op.create_table(
        "promises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("promised_for", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_promises_iso_currency")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_promises_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_promises_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_customer_id"), "promises", ["customer_id"], unique=False)


def _tickets_and_orders() -> None:
    op.create_table(
        "ticket_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_notes_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_notes")),
    )
    op.create_index("ix_ticket_notes_ticket_id_at", "ticket_notes", ["ticket_id", "at"], unique=False)
    op.create_table(
        "order_changes",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("was", sa.String(length=200), nullable=False),
        sa.Column("now", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(length=10), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_changes_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", "n", name=op.f("pk_order_changes")),
    )


def _appointments() -> None:
    op.create_table(
        "appointment_slots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=80), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("taken", sa.SmallInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name=op.f("ck_appointment_slots_not_overbooked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_slots")),
        sa.UniqueConstraint(
            "service", "begins_at", "site", name=op.f("uq_appointment_slots_service_begins_at_site")
        ),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_number", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_appointments_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["appointment_slots.id"], name=op.f("fk_appointments_slot_id_appointment_slots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("appointment_number", name=op.f("uq_appointments_appointment_number")),
    )
    op.create_index(op.f("ix_appointments_slot_id"), "appointments", ["slot_id"], unique=False)
    op.create_index(
        "uq_appointments_one_place_each",
        "appointments",
        ["customer_id", "slot_id"],
        unique=True,
        sqlite_where=sa.text("status = 'booked'"),
        postgresql_where=sa.text("status = 'booked'"),
    )
    op.create_table(
        "appointment_changes",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(length=10), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("fk_appointment_changes_appointment_id_appointments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("appointment_id", "n", name=op.f("pk_appointment_changes")),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("e164", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("terms_version", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("clip", sa.Text(), nullable=True),
        sa.Column("clip_sha256", sa.String(length=64), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_consents_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_call_id", "consents", ["call_id"], unique=False)
    op.create_index(
        "ix_consents_customer_id_kind_at", "consents", ["customer_id", "kind", "at"], unique=False
    )
    op.create_index("ix_consents_e164_kind_at", "consents", ["e164", "kind", "at"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_customer_id_at", "audit_log", ["customer_id", "at"], unique=False)


def _tries() -> None:
    op.create_table(
        "verification_tries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=False),
        sa.Column("caller_number", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_tries")),
    )
    op.create_index("ix_verification_tries_at", "verification_tries", ["at"], unique=False)
    op.create_index("ix_verification_tries_call_id", "verification_tries", ["call_id"], unique=False)
    op.create_index(
        "ix_verification_tries_caller_number_at", "verification_tries", ["caller_number", "at"], unique=False
    )
    op.create_index(
        "ix_verification_tries_subject_hash_at", "verification_tries", ["subject_hash", "at"], unique=False
    )
    op.create_table(
        "lockouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lockouts")),
    )
    op.create_index(
        "ix_lockouts_scope_subject_since", "lockouts", ["scope", "subject", "since"], unique=False
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("template", sa.String(length=120), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("detail", sa.String(length=300), server_default="", nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_messages_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_messages_idempotency_key")),
    )
    op.create_index(op.f("ix_messages_call_id"), "messages", ["call_id"], unique=False)
    op.create_index(op.f("ix_messages_customer_id"), "messages", ["customer_id"], unique=False)
    op.create_index("ix_messages_recipient_at", "messages", ["recipient", "at"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=120), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.String(length=300), server_default="", nullable=False),
        sa.Column("claimed_by", sa.String(length=120), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("given_up_at", MOMENT, nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_outbox_idempotency_key")),
    )
    op.create_index("ix_outbox_customer_id", "outbox", ["customer_id"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
    )
    op.create_table(
        "done_requests",
        sa.Column("idempotency_key", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key", name=op.f("pk_done_requests")),
    )
    op.create_index(op.f("ix_done_requests_at"), "done_requests", ["at"], unique=False)


def _calls() -> None:
    op.add_column("calls", sa.Column("customer_id", sa.Uuid(), nullable=True))
    op.add_column("calls", sa.Column("segment", sa.String(length=40), server_default="", nullable=False))
    op.add_column("calls", sa.Column("segment_reason", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "calls", sa.Column("rules_version", sa.String(length=120), server_default="", nullable=False)
    )
    op.add_column("calls", sa.Column("verified", sa.String(length=60), server_default="", nullable=False))
    op.create_index("ix_calls_customer_id_started_at", "calls", ["customer_id", "started_at"], unique=False)
