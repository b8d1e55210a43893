from django.contrib.auth.models import User
from django.db import models


class Note(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    text = models.TextField()


class Setting(models.Model):
    name = models.TextField()


class Person(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)
    name = models.TextField()
    phone = models.TextField()
    role = models.TextField()
    password = models.TextField()
