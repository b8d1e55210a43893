"""Tables and seeds."""

import os
import secrets

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.security import generate_password_hash

db = SQLAlchemy()


class User(db.Model):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="customer")
    credit_cents: Mapped[int] = mapped_column(default=0)


class Product(db.Model):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[int]


class Order(db.Model):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reference: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="open")


class Line(db.Model):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    article: Mapped[str]
    quantity: Mapped[int]


class Address(db.Model):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    street: Mapped[str]
    city: Mapped[str]


class Ticket(db.Model):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    refund_approved: Mapped[bool] = mapped_column(default=False)


TABLES = {"users": User, "products": Product, "orders": Order, "lines": Line, "addresses": Address, "tickets": Ticket}


def row_of(record):
    """Every column of a record."""
    return {column.name: getattr(record, column.name) for column in record.__table__.columns}


def seed():
    """Passwords of the seeded people come from the environment; without one nobody knows them."""
    db.session.add_all([Product(id=number, name=name, price_cents=cents)
                        for number, (name, cents) in enumerate((("Kettle", 3900), ("Lamp", 5900), ("Chair", 12900)), 301)])
    for number, name in enumerate(("alma", "bruno", "root"), 101):
        password = os.environ.get(f"{name.upper()}_PASSWORD") or secrets.token_urlsafe(24)
        db.session.add(User(id=number, email=f"{name}@shop.example", password_hash=generate_password_hash(password, "pbkdf2:sha256:1000"),
                            name=f"{name.title()} Seed", role="admin" if name == "root" else "customer"))
        if name == "root":
            continue
        db.session.flush()
        order = Order(id=number + 900, customer_id=number, reference=f"Spring {name}", note=f"Ring twice, {name}")
        db.session.add(order)
        db.session.flush()
        db.session.add_all([
            Line(id=number + 1900, order_id=order.id, article=f"Kettle for {name}", quantity=2),
            Address(id=number + 2900, user_id=number, street=f"{number} {name.title()} Street", city="Leipzig"),
            Ticket(id=number + 3900, author_id=number, subject=f"Question of {name}", body="Where is my kettle?"),
        ])
    db.session.commit()
