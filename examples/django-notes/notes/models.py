"""Tables and seeds."""

import os
import secrets

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Member(AbstractBaseUser):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=20, default="member")
    storage_quota_mb = models.IntegerField(default=50)
    last_login = None
    USERNAME_FIELD = "email"
    objects = BaseUserManager()


class Template(models.Model):
    title = models.CharField(max_length=80)
    text = models.TextField()


class Notebook(models.Model):
    owner = models.ForeignKey(Member, models.CASCADE)
    title = models.CharField(max_length=80)


class Page(models.Model):
    notebook = models.ForeignKey(Notebook, models.CASCADE, related_name="pages")
    heading = models.CharField(max_length=80)
    content = models.TextField(blank=True, default="")


class Note(models.Model):
    author = models.ForeignKey(Member, models.CASCADE)
    title = models.CharField(max_length=80)
    text = models.TextField(blank=True, default="")
    featured = models.BooleanField(default=False)


class Reminder(models.Model):
    owner = models.ForeignKey(Member, models.CASCADE)
    subject = models.CharField(max_length=80)


class Contact(models.Model):
    owner = models.ForeignKey(Member, models.CASCADE)
    full_name = models.CharField(max_length=80)
    phone = models.CharField(max_length=30, blank=True, default="")


class Label(models.Model):
    owner = models.ForeignKey(Member, models.CASCADE)
    caption = models.CharField(max_length=40)


TABLES = (Member, Template, Notebook, Page, Note, Reminder, Contact, Label)


def seed():
    """Passwords of the seeded people come from the environment; without one nobody knows them."""
    for title in ("Shopping list", "Minutes"):
        Template.objects.create(title=title, text=f"{title}: first, second, third")
    for number, name in enumerate(("alma", "bruno", "root"), 101):
        member = Member(id=number, email=f"{name}@notes.example", name=f"{name.title()} Seed", role="admin" if name == "root" else "member")
        member.set_password(os.environ.get(f"{name.upper()}_PASSWORD") or secrets.token_urlsafe(24))
        member.save()
        if name == "root":
            continue
        notebook = Notebook.objects.create(id=number + 100, owner=member, title=f"Diary of {name}")
        Page.objects.create(id=number + 200, notebook=notebook, heading=f"Monday of {name}", content="Doctor at nine")
        Note.objects.create(id=number + 300, author=member, title=f"Door of {name}", text="The code is 4711")
        Reminder.objects.create(id=number + 400, owner=member, subject=f"Rent of {name}")
        Contact.objects.create(id=number + 500, owner=member, full_name=f"Doctor of {name}", phone="+4930123456")
        Label.objects.create(id=number + 600, owner=member, caption=f"urgent {name}")
