"""Runs the samples for FastAPI with SQLAlchemy and PyJWT. `auth` and `tokens` are made from the samples themselves."""

import sys
from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool

import cases
import python_kit


class Client:
    def __init__(self, app, https):
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        self.app, self.https = app, https

    def call(self, method, path, token=None, json=None, headers=None, data=None):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        base = f"{headers.pop('X-Scheme', 'http')}://testserver"
        answer = self.client.request(method, base + path, json=json, data=data, headers=headers)
        return cases.Answer(answer.status_code, answer.headers.items(), answer.text)

    def sign_in(self, username, password):
        return self.call("POST", "/token", data={"username": username, "password": password})

    def sign_up(self, username, password):
        return self.call("POST", "/register", json={"username": username, "password": password})


class FastApiKit(python_kit.Kit):
    admin_path = "/admin/health-report"
    https = {"X-Scheme": "https"}
    # The sample has a route of its own.
    page_path = "/invoices"

    def open(self, remedy):
        self.models()
        verifying = self.run("verify-signature")
        self.tokens(verifying)
        self.auth(verifying)
        self.make_up("assistant", **python_kit.assistant())
        self.make_up("orders", find_orders=python_kit.find_orders)
        self.make_up("queries", owned_invoice=self.owned_invoice)
        module = verifying if remedy == "verify-signature" else self.run(remedy)
        app = self.app = getattr(module, "app", None) or FastAPI()
        for value in list(vars(module).values()):
            if isinstance(value, APIRouter) and not hasattr(module, "app"):
                app.include_router(value)
        self.probes(app, module, verifying)
        return Client(app, self.https)

    def models(self):
        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            email: Mapped[str]
            role: Mapped[str]
            bio: Mapped[str | None]
            password_hash: Mapped[str]

        class Invoice(Base):
            __tablename__ = "invoices"
            id: Mapped[int] = mapped_column(primary_key=True)
            owner_id: Mapped[int]
            total: Mapped[int]
            status: Mapped[str]

        class InvoiceLine(Base):
            __tablename__ = "lines"
            id: Mapped[int] = mapped_column(primary_key=True)
            invoice_id: Mapped[int]
            text: Mapped[str]

        class Note(Base):
            __tablename__ = "notes"
            id: Mapped[int] = mapped_column(primary_key=True)
            owner_id: Mapped[int]
            title: Mapped[str]

        class RevokedToken(Base):
            __tablename__ = "revoked"
            jti: Mapped[str] = mapped_column(primary_key=True)
            expires_at = mapped_column(DateTime)

        class Product(Base):
            __tablename__ = "products"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

        class InvoiceOut(BaseModel):
            model_config = ConfigDict(from_attributes=True)
            id: int
            total: int

        class LineOut(BaseModel):
            model_config = ConfigDict(from_attributes=True)
            id: int
            text: str

        self.User, self.Invoice, self.Note = User, Invoice, Note
        known = (User, Invoice, InvoiceLine, Note, RevokedToken, Product)
        self.make_up("models", **{model.__name__: model for model in known})
        self.make_up("schemas", InvoiceOut=InvoiceOut, LineOut=LineOut)
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(engine)
        self.sessions = sessionmaker(engine, expire_on_commit=False)

        def get_session():
            with self.sessions() as session:
                yield session

        self.get_session = get_session
        self.make_up("database", get_session=get_session)
        with self.sessions() as session:
            for number, name in enumerate(("alice", "bob", "root"), 1):
                role = "admin" if name == "root" else "user"
                session.add(User(id=number, name=name, email=f"{name}@x.example", role=role, password_hash=cases.PASSWORD))
            for number in (1, 2):
                session.add(Invoice(id=number, owner_id=number, total=number * 100, status="open"))
                session.add(InvoiceLine(id=number, invoice_id=number, text="line"))
            session.add_all(Product(name=name) for name in cases.PRODUCTS)
            session.commit()

    def tokens(self, verifying):
        expiring = self.run("enforce-expiry")
        issuing = self.run("strong-signing-key")
        issue = lambda user: issuing.issue(str(user.id))
        self.make_up("tokens", verify=expiring.verify, InvalidToken=jwt.InvalidTokenError, issue_token=issue)
        # A hash that costs no time: what is looked at is the shape of the answers.
        self.make_up("passwords", DUMMY_HASH="", verify=lambda password, known: password == known)
        self.make_up("users", find_user=self.find_user, sign_in=self.sign_in)

    def auth(self, verifying):
        subject = verifying.current_subject
        expiring = self.run("enforce-expiry")

        def verified_claims(
            _subject: Annotated[str, Depends(subject)],
            credentials: Annotated[object, Depends(verifying.bearer)],
        ) -> dict:
            return expiring.verify(credentials.credentials)

        def current_user(
            subject: Annotated[str, Depends(subject)],
            session: Annotated[Session, Depends(self.get_session)],
        ):
            return session.get(self.User, int(subject))

        self.verified_claims = verified_claims
        self.make_up("auth", current_subject=subject, verified_claims=verified_claims, current_user=current_user)

    def find_user(self, name):
        with self.sessions() as session:
            return session.query(self.User).filter_by(name=name).one_or_none()

    def sign_in(self, _username, _password):
        raise HTTPException(status_code=401, detail="wrong")

    def owned_invoice(self, number, subject):
        with self.sessions() as session:
            return session.query(self.Invoice).filter_by(id=number, owner_id=int(subject)).one_or_none()

    def probes(self, app, module, verifying):
        fine = lambda: {"ok": True}
        remedy = module.__name__
        guard = verifying.current_subject
        if remedy.endswith("enforce_expiry"):
            guard = self.by_expiry(module)
        guards = {"revoke_on_sign_out": "live_claims", "require_authentication": "current_subject", "untrusted_headers": "current_user"}
        for name, guarding in guards.items():
            guard = getattr(module, guarding) if remedy.endswith(name) else guard
        # A whole application has its own router for what is closed.
        app.add_api_route("/private", fine, dependencies=[Depends(guard)])
        app.add_api_route("/login", fine, methods=["POST"])
        app.add_api_route("/fine", fine)
        app.add_api_route("/echo", fine, methods=["POST"])
        app.add_api_route("/refuse", self.refuse)
        app.add_api_route("/fault", self.fault)
        if hasattr(module, "require_key"):
            app.add_api_route("/keyed", fine, dependencies=[Depends(module.require_key)])
        if hasattr(module, "require_admin"):
            app.add_api_route("/admin-only", fine, dependencies=[Depends(module.require_admin)])
        if hasattr(module, "go_on"):
            app.add_api_route("/go", lambda to: module.go_on(to))
        if hasattr(module, "set_session"):
            def begin_session(response: Response):
                module.set_session(response, "a-token-of-the-test")

            app.add_api_route("/session", begin_session, methods=["POST"])
        if hasattr(module, "SignUp"):
            def register(data: module.SignUp):
                return {"name": data.username}

            app.add_api_route("/register", register, methods=["POST"], status_code=201)

    def by_expiry(self, module):
        from fastapi.security import HTTPBearer

        def guard(credentials: Annotated[object, Depends(HTTPBearer())]):
            try:
                return module.verify(credentials.credentials)
            except jwt.InvalidTokenError:
                raise HTTPException(status_code=401) from None

        return guard

    @staticmethod
    def refuse():
        raise HTTPException(status_code=401)

    @staticmethod
    def fault():
        raise RuntimeError("boom")

    def products_named(self, name):
        self.models()
        find = self.run("input-as-data").find_by_name
        with self.sessions() as session:
            return [product.name for product in find(session, name)]

    def demote(self, who):
        with self.sessions() as session:
            session.get(self.User, int(who)).role = "user"
            session.commit()

    def role_of(self, who):
        with self.sessions() as session:
            return session.get(self.User, int(who)).role

    def owner_of_note(self, number):
        with self.sessions() as session:
            return session.get(self.Note, number).owner_id

    def document(self):
        return self.app.openapi()

    def public_ids(self):
        module = self.run("unguessable-ids")
        engine = create_engine("sqlite://", poolclass=StaticPool)
        module.Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(module.Invoice(owner_id=1))
            session.commit()
            public = session.query(module.Invoice).one().public_id
            found = lambda owner: module.find_invoice(session, public, owner)
            return public, found(1), found(2)

    def starts_with_key(self, key):
        try:
            self.run("strong-signing-key", JWT_SECRET_KEY=key)
        except RuntimeError:
            return False
        return True

    def issued(self, who):
        return self.run("strong-signing-key").issue(who)


if __name__ == "__main__":
    python_kit.run_all(FastApiKit(sys.argv[1]), sys.argv[2:])
