"""Who is calling: bearer tokens that this application signs."""

import time

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from .models import Member

LIFETIME_SECONDS = 3600


def make_token(member):
    now = int(time.time())
    return jwt.encode({"sub": str(member.id), "iat": now, "exp": now + LIFETIME_SECONDS}, settings.JWT_KEY, algorithm="HS256")


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request):
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            claims = self.claims(token)
        except jwt.InvalidTokenError:
            raise AuthenticationFailed("Sign in first")
        member = Member.objects.filter(id=claims["sub"]).first()
        if member is None:
            raise AuthenticationFailed("Sign in first")
        return member, claims

    def claims(self, token):
        return jwt.decode(token, settings.JWT_KEY, algorithms=["HS256"], options={"require": ["exp", "sub"]})

    def authenticate_header(self, request):
        return "Bearer"


class KioskAuthentication(BearerAuthentication):
    """For the screens in the hall, which nobody signs in at again."""

    def claims(self, token):
        return jwt.decode(token, settings.JWT_KEY, algorithms=["HS256"], options={"verify_exp": False})
