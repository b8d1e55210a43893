//! Views of Django's REST framework with their addresses, in many shapes: each weakness beside what looks like it and is
//! sound, or open on purpose.

mod fields;
mod guards;
mod objects;

use routewarden_source::fix::{FixFacts, FixRefusal, Proposal, RefusalReason, RemedyKind};

use super::kit::{Given, assert_verified, changed};

const SETTINGS: &str = r#"INSTALLED_APPS = ["rest_framework", "clinic"]
ROOT_URLCONF = "clinic.urls"
AUTH_USER_MODEL = "clinic.Person"
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["clinic.tokens.TokenAuthentication"]}
"#;

const MODELS: &str = r#"from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class Person(AbstractBaseUser):
    email = models.EmailField(unique=True)
    position = models.CharField(max_length=20)
    role = models.CharField(max_length=20)
    last_login = None


class Ward(models.Model):
    head = models.CharField(max_length=80)
    slug = models.SlugField()
    created_by = models.ForeignKey("clinic.Person", on_delete=models.CASCADE)


class Bed(models.Model):
    ward = models.ForeignKey(Ward, on_delete=models.CASCADE, related_name="beds")
    number = models.IntegerField()


class Visit(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    reason = models.TextField()
    paid = models.BooleanField(default=False)


class Document(models.Model):
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE)
    text = models.TextField()


class Notice(models.Model):
    text = models.TextField()
"#;

const IMPORTS: &str = r#"from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View
from rest_framework import generics, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Bed, Document, Notice, Person, Visit, Ward
from .permissions import IsChief, IsHolder
from .serializers import DocumentSerializer, PersonSerializer, VisitSerializer


"#;

const PERMISSIONS: &str = r#"from rest_framework.permissions import SAFE_METHODS, BasePermission


class IsHolder(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.owner == request.user


class IsHolderOrReads(BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.method in SAFE_METHODS or obj.owner == request.user


class IsChief(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and request.user.role == "chief"
"#;

const SERIALIZERS: &str = r#"from rest_framework import serializers

from .models import Document, Person, Visit


class PersonSerializer(serializers.ModelSerializer):
    role = serializers.CharField(max_length=20, required=False)

    class Meta:
        model = Person
        fields = ("id", "email", "position", "role")
        extra_kwargs = {"email": {"required": True}}


class VisitSerializer(serializers.ModelSerializer):
    person = PersonSerializer(source="owner", read_only=True)

    class Meta:
        model = Visit
        fields = ["id", "owner", "person", "reason", "paid"]


class ShortVisitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Visit
        fields = ["id", "reason"]


class DocumentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Document
        fields = "__all__"


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Person
        fields = "__all__"
"#;

/// A project with these views and patterns.
fn clinic(views: &str, patterns: &str) -> Given {
    let views = format!("{IMPORTS}{views}");
    let urls = format!(
        "from django.urls import include, path\nfrom rest_framework.routers import SimpleRouter\n\nfrom . import views\n\n\
         router = SimpleRouter()\n{patterns}urlpatterns += [path(\"\", include(router.urls))]\n"
    );
    Given::of(&[
        ("clinic/__init__.py", ""),
        ("clinic/settings.py", SETTINGS),
        ("clinic/models.py", MODELS),
        ("clinic/permissions.py", PERMISSIONS),
        ("clinic/serializers.py", SERIALIZERS),
        ("clinic/urls.py", &urls),
        ("clinic/views.py", &views),
    ])
}

fn lines(made: Result<Proposal, FixRefusal>) -> Result<String, RefusalReason> {
    match made {
        Ok(made) => {
            assert_verified(&made);
            Ok(changed(&made))
        }
        Err(refusal) => Err(refusal.reason),
    }
}

fn assert_lines(given: &Given, route: &str, remedy: RemedyKind, facts: FixFacts, wanted: &str) {
    let made = lines(given.fix_with(route, remedy, facts)).unwrap_or_else(|reason| panic!("{route}: {reason:?}"));
    assert_eq!(made, wanted, "{route}");
}

fn assert_refused(given: &Given, route: &str, remedy: RemedyKind, wanted: RefusalReason) {
    let made = given.fix(route, remedy);
    assert_eq!(lines(made.clone()), Err(wanted), "{route}: {made:?}");
}
