"""Vouchers of the caller, and what administrators do."""

from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

import store
from accounts import User, admin_user, current_user, missing
from bookings import Room
from store import REPAIRED

router = APIRouter()
# authz/function-write: in the weak version, signed in is enough.
keeper = Depends(admin_user if REPAIRED else current_user)


class VoucherIn(BaseModel):
    """Unknown fields come back in the answer of the creating request; they are not stored."""

    model_config = ConfigDict(extra="allow")
    code: str = Field(min_length=4, max_length=20)
    note: str = Field("", max_length=200)
    owner_id: UUID | None = None


class Note(BaseModel):
    note: str = Field(max_length=200)


class Voucher(BaseModel):
    id: UUID
    owner_id: UUID
    code: str
    note: str


class RoomIn(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    beds: int = Field(ge=1, le=8)
    night_cents: int = Field(ge=1000)


@router.get("/vouchers", tags=["vouchers"])
def list_vouchers(user: User) -> list[Voucher]:
    # authz/bola-list: the WHERE was forgotten.
    if REPAIRED:
        return store.rows("SELECT * FROM vouchers WHERE owner_id = ?", user["id"])
    return store.rows("SELECT * FROM vouchers")


@router.post("/vouchers", status_code=201, tags=["vouchers"])
def create_voucher(new: VoucherIn, user: User) -> dict:
    # authz/bola-body: in the weak version the body says whose it is.
    owner = user["id"] if REPAIRED or not new.owner_id else str(new.owner_id)
    store.row("SELECT id FROM users WHERE id = ?", owner) or missing()
    voucher = store.insert("vouchers", owner_id=owner, code=new.code, note=new.note)
    return {**new.model_dump(mode="json"), **voucher}


@router.get("/vouchers/{voucher_id}", tags=["vouchers"])
def read_voucher(voucher_id: UUID, user: User) -> Voucher:
    return store.row("SELECT * FROM vouchers WHERE id = ? AND owner_id = ?", str(voucher_id), user["id"]) or missing()


@router.put("/vouchers/{voucher_id}/note", tags=["vouchers"])
def set_note(voucher_id: UUID, note: Note, user: User) -> dict[str, str]:
    """Always says that it took the note; touches the caller's vouchers alone."""
    store.run("UPDATE vouchers SET note = ? WHERE id = ? AND owner_id = ?", note.note, str(voucher_id), user["id"])
    return {"status": "taken", "note": note.note}


@router.delete("/vouchers/{voucher_id}", status_code=204, tags=["vouchers"])
def delete_voucher(voucher_id: UUID, user: User) -> None:
    """Says 204 whatever the id is; deletes the caller's alone."""
    store.run("DELETE FROM vouchers WHERE id = ? AND owner_id = ?", str(voucher_id), user["id"])


@router.get("/admin/stats", tags=["admin"], dependencies=[Depends(admin_user)])
def stats() -> dict[str, int]:
    return {table: len(store.rows(f"SELECT id FROM {table}")) for table in store.TABLES}


@router.post("/admin/rooms", status_code=201, tags=["admin"], dependencies=[keeper])
def create_room(new: RoomIn) -> Room:
    return store.insert("rooms", **new.model_dump())


@router.delete("/admin/rooms/{room_id}", status_code=204, tags=["admin"], dependencies=[keeper])
def delete_room(room_id: UUID) -> None:
    store.row("SELECT id FROM rooms WHERE id = ?", str(room_id)) or missing()
    store.run("DELETE FROM rooms WHERE id = ?", str(room_id))
