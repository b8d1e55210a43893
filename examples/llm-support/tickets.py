"""Support tickets: each caller's own, in both versions."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

import store
from accounts import User

router = APIRouter(prefix="/tickets", tags=["tickets"])


class TicketIn(BaseModel):
    subject: str = Field(min_length=3, max_length=100)
    text: str = Field("", max_length=1000)


class TicketChange(BaseModel):
    text: str | None = Field(None, max_length=1000)
    state: Literal["open", "closed"] | None = None


class Ticket(TicketIn):
    id: UUID
    owner_id: UUID
    state: str


def own_ticket(ticket_id: UUID, user: dict) -> dict:
    ticket = store.tickets.get(str(ticket_id))
    if ticket is None or ticket["owner_id"] != user["id"]:
        raise HTTPException(404, "There is no such ticket")
    return ticket


@router.get("")
def list_tickets(user: User) -> list[Ticket]:
    return store.tickets_of(user)


@router.post("", status_code=201)
def create_ticket(new: TicketIn, user: User) -> Ticket:
    return store.insert(store.tickets, owner_id=user["id"], state="open", **new.model_dump())


@router.get("/{ticket_id}")
def read_ticket(ticket_id: UUID, user: User) -> Ticket:
    return own_ticket(ticket_id, user)


@router.patch("/{ticket_id}")
def change_ticket(ticket_id: UUID, change: TicketChange, user: User) -> Ticket:
    ticket = own_ticket(ticket_id, user)
    ticket.update(change.model_dump(exclude_unset=True, exclude_none=True))
    return ticket


@router.delete("/{ticket_id}", status_code=204)
def delete_ticket(ticket_id: UUID, user: User) -> None:
    del store.tickets[own_ticket(ticket_id, user)["id"]]
