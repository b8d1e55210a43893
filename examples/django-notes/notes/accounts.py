"""Sign-up, sign-in and the caller's own data."""

from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from .authentication import KioskAuthentication, make_token
from .models import Member, Note
from .serializers import AccountSerializer, CredentialsSerializer, NameSerializer, ProfileSerializer, RegistrationSerializer

# For tests: the passwords that came in at sign-up. Never leaves loopback, see /__state.
passwords = []


class Register(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        passwords.append(request.data.get("password"))
        serializer = RegistrationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        member = Member(email=serializer.validated_data["email"], name=serializer.validated_data["name"])
        member.set_password(serializer.validated_data["password"])
        member.save()
        return Response(NameSerializer(member).data, status=status.HTTP_201_CREATED)


class SignIn(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        serializer = CredentialsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        member = Member.objects.filter(email=serializer.validated_data["email"]).first()
        if member is None or not member.check_password(serializer.validated_data["password"]):
            raise AuthenticationFailed("Wrong address or password")
        return Response({"access_token": make_token(member), "token_type": "bearer"})


class Me(APIView):
    def get(self, request):
        return Response(ProfileSerializer(request.user).data)

    def patch(self, request):
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    def delete(self, request):
        request.user.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class DisplayName(APIView):
    def put(self, request):
        serializer = NameSerializer(request.user, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class Account(APIView):
    def get(self, request):
        return Response(AccountSerializer(request.user).data)


class Streak(APIView):
    authentication_classes = [KioskAuthentication]

    def get(self, request):
        return Response({"member": request.user.email, "notes": Note.objects.filter(author=request.user).count()})
