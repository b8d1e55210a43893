"""All addresses."""

from django.urls import include, path

from notes.testing import document, state

urlpatterns = [
    path("api/", include("notes.urls")),
    path("openapi.yaml", document),
    path("__state", state),
]
