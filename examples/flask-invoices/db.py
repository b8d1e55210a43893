"""The SQLite database: schema, seed and small query helpers. Made anew in a temporary file at every start."""

import os
import sqlite3
import tempfile
from pathlib import Path

from flask import current_app, g
from werkzeug.security import generate_password_hash

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT, role TEXT, password_hash TEXT, phone TEXT, city TEXT,
                    hourly_rate INTEGER, iban TEXT);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, user_id INTEGER, client TEXT, reference TEXT, status TEXT, issued TEXT,
                       total_cents INTEGER, memo TEXT);
CREATE TABLE invoice_lines (id INTEGER PRIMARY KEY, invoice_id INTEGER, text TEXT, hours REAL, cents INTEGER);
CREATE TABLE expenses (id INTEGER PRIMARY KEY, user_id INTEGER, merchant TEXT, category TEXT, spent_on TEXT, cents INTEGER, comment TEXT);
CREATE TABLE projects (id INTEGER PRIMARY KEY, user_id INTEGER, name TEXT, client TEXT, budget_hours INTEGER);
CREATE TABLE time_entries (id INTEGER PRIMARY KEY, project_id INTEGER, day TEXT, hours REAL, description TEXT);
CREATE TABLE attachments (id INTEGER PRIMARY KEY, user_id INTEGER, filename TEXT, uploaded_by TEXT, sha1 TEXT, size INTEGER);
CREATE TABLE estimates (id INTEGER PRIMARY KEY, user_id INTEGER, title TEXT, client TEXT, cents INTEGER, valid_until TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY, user_id INTEGER, sender TEXT, subject TEXT, body TEXT);
CREATE TABLE devices (id INTEGER PRIMARY KEY, user_id INTEGER, label TEXT, last_address TEXT);
CREATE TABLE reminders (id INTEGER PRIMARY KEY, user_id INTEGER, text TEXT, due TEXT);
CREATE TABLE announcements (id INTEGER PRIMARY KEY, title TEXT, body TEXT, published TEXT);
CREATE TABLE catalogue (id INTEGER PRIMARY KEY, sku TEXT, name TEXT, cents INTEGER, unit TEXT);
CREATE TABLE logins (id INTEGER PRIMARY KEY, email TEXT, address TEXT, at TEXT);
"""

ROOT, ALICE, BOB = 1, 2, 3

ROWS = {
    "invoices": [
        (1201, ALICE, "Museum of Cartography", "FLI-2032-0311", "sent", "2032-03-01", 486000, "Second instalment of the map room"),
        (1202, ALICE, "Sparrow & Daughters", "FLI-2032-0312", "paid", "2032-03-04", 92500, "Label redesign, final files delivered"),
        (1307, BOB, "Kestrel Aviation Club", "FLI-2032-0407", "sent", "2032-03-02", 318750, "Hangar rota software, milestone four"),
        (1308, BOB, "Orchard Dental", "FLI-2032-0408", "overdue", "2032-01-22", 74400, "Reminder sent twice, call Mrs Adeyemi"),
    ],
    "invoice_lines": [
        (1, 1201, "Legend and scale bars", 22.5, 270000), (2, 1201, "Print supervision", 18.0, 216000),
        (3, 1202, "Label redesign", 9.25, 92500), (4, 1307, "Rota import", 31.0, 263500), (5, 1307, "On-site training", 6.5, 55250),
        (6, 1308, "Recall letters", 8.75, 74400),
    ],
    "expenses": [
        (501, ALICE, "Papeterie Lambert", "material", "2032-02-11", 8460, "Tracing paper, ninety sheets"),
        (502, ALICE, "Nordic Rail", "travel", "2032-02-18", 15400, "Return ticket to the museum"),
        (611, BOB, "Airfield Canteen", "meals", "2032-02-14", 3275, "Lunch with the rota committee"),
        (612, BOB, "Cable Depot", "material", "2032-02-20", 12890, "Console cable for the hangar terminal"),
    ],
    "projects": [
        (71, ALICE, "Map room", "Museum of Cartography", 120), (72, ALICE, "Spring labels", "Sparrow & Daughters", 30),
        (81, BOB, "Hangar rota", "Kestrel Aviation Club", 200), (82, BOB, "Recall letters", "Orchard Dental", 25),
    ],
    "time_entries": [
        (9001, 71, "2032-02-23", 6.5, "Drew the legend of the northern sheets"), (9002, 71, "2032-02-24", 4.0, "Proofs with the printer"),
        (9003, 72, "2032-02-25", 3.25, "Typeface comparison for the jam labels"),
        (9101, 81, "2032-02-23", 7.75, "Conflict detection for double bookings"), (9102, 82, "2032-02-26", 2.0, "Merge fields of the recall letter"),
    ],
    "attachments": [
        (4001, ALICE, "map-room-contract.pdf", "alice@freelance.example", "5f2c1d8a90be7741c6e2f9a3d4b8073316aa9e01", 288120),
        (4002, ALICE, "jam-labels-v9.pdf", "alice@freelance.example", "c0a4e8b3317d92f6658b1de0974f2c85ab3d6e17", 1905532),
        (4101, BOB, "hangar-rota-spec.docx", "bob@freelance.example", "97b3e1f0c8a2654d1f7708eab59c3d26e04f8b92", 77410),
    ],
    "estimates": [
        (301, ALICE, "Reading room signage", "Museum of Cartography", 265000, "2032-05-31"),
        (302, BOB, "Fuel log application", "Kestrel Aviation Club", 940000, "2032-06-15"),
    ],
    "messages": [
        (8801, ALICE, "printer@pressworks.example", "Plates are ready", "Sheets 4 to 9 can be collected on Friday"),
        (8901, BOB, "board@kestrel.example", "Milestone accepted", "The board has accepted milestone four without remarks"),
    ],
    "devices": [
        (61, ALICE, "Alice's drawing tablet", "198.51.100.14"), (62, ALICE, "Studio workstation", "198.51.100.15"),
        (63, BOB, "Bob's travel laptop", "203.0.113.77"), (64, ROOT, "Operations console", "192.0.2.5"),
    ],
    "reminders": [
        (41, ALICE, "Send the museum its second proof", "2032-03-11"), (42, BOB, "Call Mrs Adeyemi about the overdue invoice", "2032-03-09"),
        (43, ROOT, "Rotate the backup tapes", "2032-03-10"),
    ],
    "announcements": [
        (11, "Quarterly tax dates", "Advance payments are due on the tenth of each quarter's last month.", "2032-02-01"),
        (12, "Read-only window", "The service is read-only on Saturday from two to three in the morning.", "2032-02-19"),
    ],
    "catalogue": [
        (21, "HR-STD", "Hour, standard", 9500, "hour"), (22, "HR-RUSH", "Hour, overnight", 14200, "hour"), (23, "FLAT-SITE", "Site visit", 18000, "piece"),
    ],
    "logins": [
        (1, "alice@freelance.example", "198.51.100.15", "2032-03-05T07:44:10Z"), (2, "bob@freelance.example", "203.0.113.77", "2032-03-05T08:01:59Z"),
    ],
}

PEOPLE = [
    (ROOT, "root@freelance.example", "Renske Wolters", "admin", "ROOT_PASSWORD", "+31 10 555 0100", "Rotterdam", 0, "NL91ABNA0417164300"),
    (ALICE, "alice@freelance.example", "Alice Duquesne", "user", "ALICE_PASSWORD", "+32 2 555 0117", "Brussels", 12000, "BE71096123456769"),
    (BOB, "bob@freelance.example", "Bob Hadley", "user", "BOB_PASSWORD", "+44 1632 960983", "Leeds", 8500, "GB33BUKB20201555555555"),
]


def create():
    """Makes and fills a new database and returns its path."""
    missing = [person[4] for person in PEOPLE if not os.environ.get(person[4])]
    if missing:
        raise SystemExit(f"set {', '.join(missing)} first, see .env.example")
    path = Path(tempfile.mkdtemp(prefix="flask-invoices-")) / "app.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA)
        for user_id, email, name, role, variable, *rest in PEOPLE:
            secret = generate_password_hash(os.environ[variable])
            connection.execute("INSERT INTO users VALUES (?,?,?,?,?,?,?,?,?)", (user_id, email, name, role, secret, *rest))
        for table, rows in ROWS.items():
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    return str(path)


def connection():
    """The connection of this request."""
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close(_error=None):
    """Closes the connection of this request."""
    db = g.pop("db", None)
    if db is not None:
        db.close()


def rows(query, *values):
    """All rows as dictionaries."""
    return [dict(row) for row in connection().execute(query, values)]


def row(query, *values):
    """The first row as a dictionary, or None."""
    found = connection().execute(query, values).fetchone()
    return dict(found) if found else None
