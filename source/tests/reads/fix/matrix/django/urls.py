from django.urls import path

from notes import views

urlpatterns = [
    path("token", views.token),
    path("owner/<int:pk>", views.NoteDetail.as_view()),
    path("guard", views.SettingsView.as_view()),
    path("role", views.PeopleView.as_view()),
    path("list", views.NoteList.as_view()),
    path("fields", views.ProfileView.as_view()),
    path("shown/<int:pk>", views.PersonDetail.as_view()),
    path("query-f/<str:name>", views.query_f),
    path("query-raw/<str:name>", views.query_raw),
    path("path-join/<path:name>", views.path_join),
    path("path-open/<path:name>", views.path_open),
    path("ssrf", views.ssrf),
    path("cors", views.cors),
    path("log", views.log),
    path("model", views.model),
    path("rate", views.rate),
    path("rate-view", views.RateView.as_view()),
]
