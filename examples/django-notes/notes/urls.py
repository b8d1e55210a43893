"""The addresses of the API."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter

from . import accounts, views

router = DefaultRouter()
router.include_root_view = False
router.include_format_suffixes = False
router.register("notebooks", views.NotebookViewSet, basename="notebook")
router.register("notes", views.NoteViewSet, basename="note")
router.register("reminders", views.ReminderViewSet, basename="reminder")

urlpatterns = [
    path("auth/register/", accounts.Register.as_view()),
    path("auth/token/", accounts.SignIn.as_view()),
    path("me/", accounts.Me.as_view()),
    path("me/account/", accounts.Account.as_view()),
    path("me/name/", accounts.DisplayName.as_view()),
    path("me/streak/", accounts.Streak.as_view()),
    path("templates/", views.TemplateList.as_view()),
    path("templates/<int:pk>/", views.TemplateDetail.as_view()),
    path("notebooks/<int:notebook_id>/pages/", views.PageList.as_view()),
    path("notebooks/<int:notebook_id>/pages/<int:page_id>/", views.PageDetail.as_view()),
    path("contacts/", views.ContactList.as_view()),
    path("contacts/<int:pk>/card/", views.ContactCard.as_view()),
    path("contacts/<int:pk>/", views.ContactDetail.as_view()),
    path("labels/", views.LabelList.as_view()),
    path("labels/<int:pk>/", views.LabelDetail.as_view()),
    path("admin/members/", views.MemberList.as_view()),
    path("admin/stats/", views.Stats.as_view()),
    path("admin/templates/", views.TemplateCreate.as_view()),
    path("", include(router.urls)),
]
