import logging
import os

import jwt
import requests
from django.conf import settings
from django.db import connection
from django.http import FileResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import generics
from rest_framework.decorators import api_view
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Note, Person, Setting
from .serializers import NoteSerializer, PersonSerializer, SettingSerializer

logger = logging.getLogger(__name__)


def caller(request):
    return jwt.decode(request.headers["Authorization"][7:], settings.SECRET_KEY, algorithms=["HS256"])


def token(request):
    claims = jwt.decode(request.headers["Authorization"][7:], options={"verify_signature": False})
    return JsonResponse({"sub": claims["sub"]})


class NoteDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    permission_classes = [IsAuthenticated]


class SettingsView(generics.ListAPIView):
    queryset = Setting.objects.all()
    serializer_class = SettingSerializer


class PeopleView(generics.ListAPIView):
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    permission_classes = [IsAuthenticated]


class NoteList(generics.ListAPIView):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    permission_classes = [IsAuthenticated]


class ProfileView(generics.UpdateAPIView):
    serializer_class = PersonSerializer
    permission_classes = [IsAuthenticated]

    def get_object(self):
        return Person.objects.get(user=self.request.user)


class PersonDetail(generics.RetrieveAPIView):
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    permission_classes = [IsAuthenticated]


def query_f(request, name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM people WHERE name = '{name}'")
        return JsonResponse({"rows": cursor.fetchall()})


def query_raw(request, name):
    return JsonResponse({"ids": [row.id for row in Person.objects.raw("SELECT id FROM people WHERE name = '%s'" % name)]})


def path_join(request, name):
    return FileResponse(open(os.path.join(settings.MEDIA_ROOT, name), "rb"))


def path_open(request, name):
    return FileResponse(open("uploads/" + name, "rb"))


@api_view(["POST"])
def ssrf(request):
    return Response(requests.get(request.data["url"], timeout=5).text)


def cors(request):
    return JsonResponse({})


@api_view(["POST"])
def log(request):
    logger.info("sign-in %s", request.data["password"])
    return Response({})


@api_view(["POST"])
def model(request):
    token = request.headers["Authorization"]
    return Response(ask([{"role": "system", "content": f"Use {token} to call"}]))


@api_view(["POST"])
def rate(request):
    return Response({"token": sign_in(request.data["name"])})


class RateView(APIView):
    def post(self, request):
        return Response({"token": sign_in(request.data["name"])})
