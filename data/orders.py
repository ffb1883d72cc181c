"""Orders (pedidos): where they are, and what can still be changed.

An order is changed under its own row's lock, in a statement that says in which state it may be: of a carrier
who picks it up and a caller who cancels it in the same instant, one comes first, and the other sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from data.database import Database
from data.models import CustomerRow, OrderChangeRow, OrderRow, ShipmentRow
from data.numbers import plausible
from data.once import Refusal, change
from data.records import BEFORE_DISPATCH, MOST_DAYS_AHEAD, OrderStatus, Refused, Request, Shipment

UNDER_WAY = (*BEFORE_DISPATCH, "shipped", "out_for_delivery")
_DAY_CAN_CHANGE = (*BEFORE_DISPATCH, "shipped")
"""How far a delivery can be put off."""
MOST_ORDERS = 50
"""Of one customer, in one answer."""


class Orders:
    """Orders. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, order_number: str) -> OrderStatus | None:
        """The order with this number."""
        if not plausible(order_number):
            return None
        found = self._some(_orders().where(OrderRow.order_number == order_number))
        return found[0] if found else None

    def of_customer(self, customer_number: str, *, under_way: bool = False) -> tuple[OrderStatus, ...]:
        """This customer's orders, the last placed first; `under_way`: only what is still to come."""
        if not plausible(customer_number):
            return ()
        query = _orders().where(CustomerRow.customer_number == customer_number)
        if under_way:
            query = query.where(OrderRow.status.in_(UNDER_WAY))
        return self._some(query.order_by(OrderRow.placed_at.desc(), OrderRow.id.desc()).limit(MOST_ORDERS))

    def change_delivery_day(
        self,
        order_number: str,
        day: date,
        request: Request,
        *,
        today: date,
        notice_days: Mapping[str, int] | None = None,
        of: str | None = None,
    ) -> OrderStatus | Refused:
        """Asks for another delivery day; `today` in the company's zone, `of` the customer it must belong to.
        `notice_days`: by the order's state, how many days ahead the first one is.

        Refused: `unknown`, `past` (today is too late), `too_soon`, `too_far`, or why not: the order's state
        (`out_for_delivery`, `delivered`, `cancelled`).
        """

        def make(connection: Connection) -> dict[str, str]:
            order = _insist_on(connection, order_number, of)
            if day <= today:
                raise Refusal("past")
            if day < today + timedelta(days=(notice_days or {}).get(order.status, 0)):
                raise Refusal("too_soon")
            if day > today + timedelta(days=MOST_DAYS_AHEAD):
                raise Refusal("too_far")
            _set(connection, order, _DAY_CAN_CHANGE, request, expected_on=day)
            connection.execute(
                update(ShipmentRow)
                .where(ShipmentRow.order_id == order.id, ShipmentRow.delivered_at.is_(None))
                .values(expected_on=day)
            )
            was = "" if order.expected_on is None else order.expected_on.isoformat()
            _note(connection, order, request, kind="delivery_day", was=was, now=day.isoformat())
            return {}

        return self._changed(order_number, change(self._database, "delivery_day", request, make))

    def cancel(self, order_number: str, request: Request, *, of: str | None = None) -> OrderStatus | Refused:
        """Cancels an order that has not left. Refused: `unknown`, or the state that it is in."""

        def make(connection: Connection) -> dict[str, str]:
            order = _insist_on(connection, order_number, of)
            _set(connection, order, BEFORE_DISPATCH, request, status="cancelled", expected_on=None)
            _note(connection, order, request, kind="cancelled", was=order.status, now="cancelled")
            return {}

        return self._changed(order_number, change(self._database, "order_cancelled", request, make))

    def _changed(self, order_number: str, answer: object) -> OrderStatus | Refused:
        if isinstance(answer, Refused):
            return answer
        return self.by_number(order_number) or Refused("unknown")

    def _some(self, query: Select[*tuple[Any, ...]]) -> tuple[OrderStatus, ...]:
        with self._database.reading() as connection:
            return tuple(_status(connection, row) for row in connection.execute(query).all())


def _orders() -> Select[*tuple[Any, ...]]:
    return select(OrderRow, CustomerRow.customer_number, CustomerRow.name, CustomerRow.language).join(
        CustomerRow, CustomerRow.id == OrderRow.customer_id
    )


def _insist_on(connection: Connection, order_number: str, of: str | None) -> Row[*tuple[Any, ...]]:
    row = None
    if plausible(order_number):
        query = _orders().where(OrderRow.order_number == order_number).with_for_update(of=OrderRow)
        row = connection.execute(query).one_or_none()
    if row is None or (of is not None and row.customer_number != of):
        raise Refusal("unknown")
    return row


def _set(
    connection: Connection,
    order: Row[*tuple[Any, ...]],
    allowed: tuple[str, ...],
    request: Request,
    **values: object,
) -> None:
    if order.status not in allowed:
        raise Refusal(order.status)
    connection.execute(
        update(OrderRow).where(OrderRow.id == order.id).values(updated_at=request.at, **values)
    )


def _note(
    connection: Connection, order: Row[*tuple[Any, ...]], request: Request, *, kind: str, was: str, now: str
) -> None:
    last = select(func.max(OrderChangeRow.n)).where(OrderChangeRow.order_id == order.id)
    connection.execute(
        insert(OrderChangeRow).values(
            order_id=order.id,
            n=(connection.scalar(last) or 0) + 1,
            kind=kind,
            was=was,
            now=now,
            at=request.at,
            who=request.by,
            call_id=request.call_id,
        )
    )


def _status(connection: Connection, row: Row[*tuple[Any, ...]]) -> OrderStatus:
    shipments = connection.execute(
        select(ShipmentRow).where(ShipmentRow.order_id == row.id).order_by(ShipmentRow.n)
    ).all()
    return OrderStatus(
        order_number=row.order_number,
        customer_number=row.customer_number,
        name=row.name,
        language=row.language,
        items=row.items,
        status=row.status,
        placed_at=row.placed_at,
        updated_at=row.updated_at,
        expected_on=row.expected_on,
        carrier=row.carrier,
        total_cents=row.total_cents,
        currency=row.currency,
        shipments=tuple(_shipment(parcel) for parcel in shipments),
    )


def _shipment(parcel: Row[Any]) -> Shipment:
    return Shipment(
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        status=parcel.status,
        shipped_at=parcel.shipped_at,
        expected_on=parcel.expected_on,
        delivered_at=parcel.delivered_at,
        left_with=parcel.left_with,
    )
