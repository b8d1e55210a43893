"""Runs the samples for Django REST framework with simplejwt. Django is set up once in a process, so each sample gets one."""

import importlib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cases
import python_kit

MODELS = """
from django.conf import settings
from django.db import models


class Account(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=50)
    bio = models.CharField(max_length=50, blank=True)
    role = models.CharField(max_length=50)
    verified = models.BooleanField(default=False)


class Note(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=50)


class Product(models.Model):
    name = models.CharField(max_length=50)


class RevokedToken(models.Model):
    jti = models.CharField(primary_key=True, max_length=50)
    expires_at = models.DateTimeField()


class ApiKey:
    def __init__(self, user):
        self.user = user

    @classmethod
    def find(cls, sent):
        from django.contrib.auth.models import User

        return cls(User.objects.get(pk=1)) if sent == "k-0123456789" else None
"""
INVOICES = """

class Invoice(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    total = models.IntegerField()


class InvoiceLine(models.Model):
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE)
    text = models.CharField(max_length=50)
"""
SERIALIZERS = """
from rest_framework import serializers

from . import models


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Account
        fields = ["id", "name"]


if hasattr(models, "Invoice"):

    class InvoiceSerializer(serializers.ModelSerializer):
        class Meta:
            model = models.Invoice
            fields = ["id", "total"]

    class InvoiceLineSerializer(serializers.ModelSerializer):
        class Meta:
            model = models.InvoiceLine
            fields = ["id", "text"]

else:

    class InvoiceSerializer(serializers.Serializer):
        public_id = serializers.CharField()
"""
HELPERS = """
from python_kit import complete, find_orders


def history(_user):
    return []
"""


class Client:
    def __init__(self):
        from django.test import Client as Web

        self.web = Web(raise_request_exception=False)

    def call(self, method, path, token=None, json=None, headers=None):
        import json as text

        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        secure = headers.pop("X-Scheme", "http") == "https"
        body = text.dumps(json) if json is not None else ""
        kind = "application/json"
        answer = self.web.generic(method, path, body, kind, secure=secure, headers=headers)
        # Django's client keeps cookies apart from the headers.
        cookies = [("Set-Cookie", cookie.OutputString()) for cookie in answer.cookies.values()]
        return cases.Answer(answer.status_code, [*answer.headers.items(), *cookies], answer.content.decode())

    def sign_in(self, username, password):
        return self.call("POST", "/login", json={"username": username, "password": password})

    def sign_up(self, username, password):
        return self.call("POST", "/register", json={"username": username, "password": password})


class DjangoKit(python_kit.Kit):
    api_path = "/api"
    name_field = "username"
    size_field = "page_size"
    https = {"X-Scheme": "https"}

    def parts(self, remedy):
        """The files of a sample: comments such as `# settings.py` begin one."""
        named = re.split(r"^# (\S+\.py)\b.*$", self.text(remedy), flags=re.MULTILINE)
        parts = {"api/sample.py": named[0]}
        for name, text in zip(named[1::2], named[2::2]):
            parts["api/sample.py" if "/" not in name and name != "settings.py" else name] = text
        return parts

    def settings_of(self, remedy):
        settings = {}
        exec(self.parts(remedy).get("settings.py", ""), settings)
        return {name: value for name, value in settings.items() if name.isupper()}

    def open(self, remedy):
        import django
        from django.conf import settings

        own = self.settings_of(remedy)
        base = self.settings_of("verify-signature")
        middleware = own.pop("MIDDLEWARE", [])
        parts = self.parts(remedy)
        if "class RefuseOverrides" in parts["api/sample.py"]:
            middleware = ["api.sample.RefuseOverrides"]
        if remedy == "session-cookie":
            middleware = ["django.contrib.sessions.middleware.SessionMiddleware"]
            own["SESSION_ENGINE"] = "django.contrib.sessions.backends.signed_cookies"
        for setting in ("REST_FRAMEWORK", "SIMPLE_JWT"):
            base[setting] = base[setting] | own.pop(setting, {})
        if remedy == "keep-document-true":
            base["REST_FRAMEWORK"]["DEFAULT_SCHEMA_CLASS"] = "drf_spectacular.openapi.AutoSchema"
        validation = "django.contrib.auth.password_validation."
        validators = ["MinimumLengthValidator", "CommonPasswordValidator", "UserAttributeSimilarityValidator"]
        own["ALLOWED_HOSTS"] = ["testserver", *own.get("ALLOWED_HOSTS", [])]
        apps = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "api"]
        settings.configure(
            **base | {"SECRET_KEY": "for this test alone, and long enough", "ROOT_URLCONF": "kit_urls", "USE_TZ": True},
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            # Tables as the models are, without a history.
            MIGRATION_MODULES={"auth": None, "contenttypes": None},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            AUTH_PASSWORD_VALIDATORS=[{"NAME": validation + name} for name in validators],
            INSTALLED_APPS=apps + own.pop("INSTALLED_APPS", []),
            MIDDLEWARE=middleware,
            **own,
        )
        self.write(parts, remedy)
        urls = self.make_up("kit_urls", urlpatterns=[])
        django.setup()
        sample = self.sample = importlib.import_module("api.sample")
        from django.core.management import call_command

        call_command("migrate", run_syncdb=True, verbosity=0)
        self.seed()
        urls.urlpatterns.extend(self.urls(sample, remedy))
        return Client()

    def write(self, parts, remedy):
        self.folder = tempfile.TemporaryDirectory()
        models = MODELS if remedy == "unguessable-ids" else MODELS + INVOICES
        made = {"models": models, "serializers": SERIALIZERS, "assistant": HELPERS, "orders": HELPERS, "__init__": ""}
        files = {f"api/{name}.py": text for name, text in made.items()} | parts
        for name, text in files.items():
            path = Path(self.folder.name, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.path.insert(0, self.folder.name)

    def seed(self):
        from api import models
        from django.contrib.auth.models import User

        for number, name in enumerate(("alice", "bob", "root"), 1):
            user = User(id=number, username=name, email=f"{name}@example.com", is_staff=name == "root")
            user.set_password(cases.PASSWORD)
            user.save()
            models.Account.objects.create(user=user, name=name, role="admin" if name == "root" else "user")
        for number in (1, 2) if hasattr(models, "Invoice") else ():
            invoice = models.Invoice.objects.create(id=number, owner_id=number, total=number * 100)
            models.InvoiceLine.objects.create(id=number, invoice=invoice, text="line")
        for name in cases.PRODUCTS:
            models.Product.objects.create(name=name)

    def urls(self, sample, remedy):
        from django.urls import path
        from rest_framework import exceptions, permissions, serializers, views
        from rest_framework.response import Response

        def view(act, **attributes):
            handlers = {method: act for method in ("get", "post")}
            return type("Probe", (views.APIView,), handlers | attributes).as_view()

        def fine(_view, _request):
            return Response({"ok": True})

        def refuse(_view, _request):
            raise exceptions.NotAuthenticated

        def fault(_view, _request):
            raise RuntimeError("boom")

        def register(_view, request):
            data = sample.SignUpSerializer(data=request.data)
            data.is_valid(raise_exception=True)
            return Response({"ok": True}, status=201)

        def begin_session(_view, request):
            request.session["user"] = cases.ALICE
            return Response({"ok": True})

        def page(_view, request):
            paginator = sample.BoundedPages()
            # Many rows, so that the length of the page is the size that was taken.
            return Response({"limit": len(paginator.paginate_queryset(range(1000), request))})

        anyone = {"permission_classes": [permissions.AllowAny]}
        found = []

        def add(route, name, act=None, **initial):
            known = getattr(sample, name, None)
            if known is not None and isinstance(known, type) and issubclass(known, views.APIView):
                found.append(path(route, known.as_view(act, **initial) if act else known.as_view()))

        add("invoices/<int:pk>", "InvoiceViewSet", {"get": "retrieve"})
        add("invoices/<int:invoice_pk>/lines/<int:pk>", "InvoiceLineViewSet", {"get": "retrieve"})
        add("invoices", "InvoiceList")
        add("invoices/<int:pk>", "InvoiceDetail")
        add("health", "Health")
        add("admin/users", "AccountAdminViewSet", {"get": "list"})
        add("notes", "NoteViewSet", {"post": "create"})
        for route, name in {"me": "Me", "chat": "ChatView", "logout": "LogoutView", "login": "SignInView"}.items():
            add(route, name)
        add("me", "ProfileView")
        live = getattr(sample, "LiveJWTAuthentication", None)
        keyed = getattr(sample, "HeaderKeyAuthentication", None)
        is_admin = getattr(sample, "IsAdmin", None)
        found += [
            path("private", view(fine, **({"authentication_classes": [live]} if live else {}))),
            path("login", view(fine, **anyone)),
            path("fine", view(fine, **anyone)),
            path("api/fine", view(fine, **anyone)),
            path("echo", view(fine)),
            path("refuse", view(refuse, **anyone)),
            path("fault", view(fault, **anyone)),
            path("register", view(register, **anyone)),
            path("keyed", view(fine, **({"authentication_classes": [keyed]} if keyed else {}))),
            path("session", view(begin_session, **anyone)),
            path("pages", view(page, **anyone)),
            path("go", lambda request: sample.go_on(request, request.GET["to"])),
            path("admin-only", view(fine, **({"permission_classes": [is_admin]} if is_admin else {}))),
        ]
        return found

    def products_named(self, name):
        # Each case has a process of its own, in which Django is set up once.
        if not hasattr(self, "sample"):
            self.open("input-as-data")
        return [product.name for product in self.sample.find_by_name(name)]

    def demote(self, who):
        from django.contrib.auth.models import User

        User.objects.filter(pk=int(who)).update(is_staff=False)

    def role_of(self, who):
        from api.models import Account

        return Account.objects.get(user_id=int(who)).role

    def owner_of_note(self, number):
        from api.models import Note

        return Note.objects.get(pk=number).owner_id

    def document(self):
        from drf_spectacular.generators import SchemaGenerator

        return SchemaGenerator().get_schema(request=None, public=True)

    def public_ids(self):
        self.open("unguessable-ids")
        invoice = self.sample.Invoice.objects.create(owner_id=1)
        sample = self.sample.InvoiceViewSet
        from types import SimpleNamespace

        def found(owner):
            rows = sample(request=SimpleNamespace(user=owner)).get_queryset()
            return rows.filter(**{sample.lookup_field: invoice.public_id}).first()

        return invoice.public_id, found(1), found(2)

    def starts_with_key(self, key):
        from django.core.exceptions import ImproperlyConfigured

        os.environ["JWT_SECRET_KEY"] = key
        try:
            self.settings_of("strong-signing-key")
        except ImproperlyConfigured:
            return False
        finally:
            os.environ.update(cases.ENVIRONMENT)
        return True

    def issued(self, who):
        self.open("strong-signing-key")
        from django.contrib.auth.models import User
        from rest_framework_simplejwt.tokens import AccessToken

        return str(AccessToken.for_user(User.objects.get(pk=int(who))))


def main(samples, only):
    if len(only) == 1:
        return python_kit.run_all(DjangoKit(samples), only)

    def run(name):
        command = [sys.executable, __file__, samples, name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return done.stdout.strip() or f"{name}\tended with {done.returncode}: {done.stderr[-600:]!r}"

    with ThreadPoolExecutor(max_workers=4) as pool:
        for line in pool.map(run, only or cases.CASES):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
