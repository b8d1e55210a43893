"""The database: one SQLite file, made anew and seeded at every start."""

import hashlib
import os
import secrets
import sqlite3
import tempfile
import uuid
from contextlib import closing

REPAIRED = os.environ.get("REPAIRED") == "1"
FILE = os.path.join(tempfile.mkdtemp(prefix="bookings-"), "bookings.db")
TABLES = ("users", "rooms", "bookings", "guests", "vouchers")
SCHEMA = """
CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT UNIQUE NOT NULL, password TEXT NOT NULL, full_name TEXT NOT NULL,
    phone TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'user', verified INTEGER NOT NULL DEFAULT 0);
CREATE TABLE tokens (token TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE);
CREATE TABLE rooms (id TEXT PRIMARY KEY, name TEXT NOT NULL, beds INTEGER NOT NULL, night_cents INTEGER NOT NULL);
CREATE TABLE bookings (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES users, room_id TEXT NOT NULL REFERENCES rooms,
    arrives TEXT NOT NULL, nights INTEGER NOT NULL, remark TEXT NOT NULL, arrival_time TEXT NOT NULL DEFAULT '15:00',
    price_cents INTEGER NOT NULL);
CREATE TABLE guests (id TEXT PRIMARY KEY, booking_id TEXT NOT NULL REFERENCES bookings ON DELETE CASCADE,
    name TEXT NOT NULL, passport TEXT NOT NULL);
CREATE TABLE vouchers (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES users, code TEXT NOT NULL, note TEXT NOT NULL);
"""


def connect():
    db = sqlite3.connect(FILE, timeout=20)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys = ON")
    return db


def rows(query, *values):
    """All rows as dictionaries."""
    with closing(connect()) as db:
        return [dict(row) for row in db.execute(query, values)]


def row(query, *values):
    """The first row as a dictionary, or None."""
    return next(iter(rows(query, *values)), None)


def run(query, *values):
    """Changes rows; says how many."""
    with closing(connect()) as db, db:
        return db.execute(query, values).rowcount


def insert(table, **fields):
    """Adds a row under a new id, and answers with it. Fields that the table does not have are dropped."""
    fields = {name: value for name, value in {"id": str(uuid.uuid4()), **fields}.items() if name in columns(table)}
    run(f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})", *fields.values())
    return row(f"SELECT * FROM {table} WHERE id = ?", fields["id"])


def update(table, key, fields):
    """Sets the fields that the table has, and answers with the row."""
    for name in fields.keys() & (columns(table) - {"id"}):
        run(f"UPDATE {table} SET {name} = ? WHERE id = ?", fields[name], key)
    return row(f"SELECT * FROM {table} WHERE id = ?", key)


def columns(table):
    return {column["name"] for column in rows(f"PRAGMA table_info({table})")}


def hashed(password, salt=None):
    salt = salt or secrets.token_hex(8)
    return f"{salt}${hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()}"


def matches(password, stored):
    return secrets.compare_digest(hashed(password, stored.split("$")[0]), stored)


def create():
    """Schema and seeds. Passwords of the seeded people come from the environment; without one nobody knows them."""
    with closing(connect()) as db, db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
    ids = (str(uuid.UUID(int=0x5EED_0000_4000_8000_0000_0000_0000_0000 + number * 0x1_0001)) for number in range(1, 99))
    rooms = [insert("rooms", id=next(ids), name=name, beds=beds, night_cents=cents)["id"]
             for name, beds, cents in (("Attic", 2, 8900), ("Garden", 4, 13900), ("Harbour", 3, 11900))]
    for name, role in (("alma", "user"), ("bruno", "user"), ("root", "admin")):
        password = os.environ.get(f"{name.upper()}_PASSWORD") or secrets.token_urlsafe(24)
        user = insert("users", id=next(ids), email=f"{name}@bookings.example", password=hashed(password), full_name=f"{name.title()} Seed",
                      phone="+49301234567", role=role, verified=1)["id"]
        if role == "user":
            booking = insert("bookings", id=next(ids), owner_id=user, room_id=rooms[0], arrives="2032-05-01", nights=3,
                             remark=f"Late arrival of {name}", price_cents=26700)["id"]
            insert("guests", id=next(ids), booking_id=booking, name=f"Guest of {name}", passport="C01X00T47")
            insert("vouchers", id=next(ids), owner_id=user, code=f"SPRING-{name.upper()}", note="A present")
