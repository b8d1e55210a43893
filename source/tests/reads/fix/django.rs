//! Views of Django and its REST framework, whose routes are given by hand here.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind, propose_fix};
use routewarden_source::routes::FrameworkName;

use super::kit::{Given, assert_verified, by_hand, changed};

const VIEWS: &str = r#"from django.db import models
from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from rest_framework import viewsets


class Note(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=80)


class News(models.Model):
    title = models.CharField(max_length=80)


def note(request, pk):
    note = get_object_or_404(Note, pk=pk)
    return JsonResponse({"title": note.title})


def notes(request):
    return JsonResponse({"notes": [note.title for note in Note.objects.all()]})


class NoteViewSet(viewsets.ModelViewSet):
    queryset = Note.objects.all()
    serializer_class = None


class OwnViewSet(viewsets.ModelViewSet):
    def get_queryset(self):
        return Note.objects.order_by("title")


class NewsViewSet(viewsets.ModelViewSet):
    queryset = News.objects.all()
"#;

fn lines(name: &str, path: &str, remedy: RemedyKind) -> Result<String, RefusalReason> {
    let given = Given::of(&[("views.py", VIEWS)]);
    let entry = by_hand(&given.project, FrameworkName::Django, ("views.py", name), path);
    match propose_fix(&given.ask(&entry, remedy, FixFacts::default())) {
        Ok(made) => {
            assert_verified(&made);
            Ok(changed(&made))
        }
        Err(refusal) => Err(refusal.reason),
    }
}

#[test]
fn views_of_django_ask_for_the_owner_in_the_query() {
    assert_eq!(
        lines("note", "/notes/{pk}", RemedyKind::ObjectOwnership).unwrap(),
        "-    note = get_object_or_404(Note, pk=pk)\n+    note = get_object_or_404(Note, pk=pk, owner=request.user)\n"
    );
    assert_eq!(
        lines("notes", "/notes", RemedyKind::ScopedList).unwrap(),
        "-    return JsonResponse({\"notes\": [note.title for note in Note.objects.all()]})\n\
         +    return JsonResponse({\"notes\": [note.title for note in Note.objects.filter(owner=request.user).all()]})\n"
    );
}

#[test]
fn a_view_set_is_scoped_in_its_queryset() {
    for (remedy, path) in [(RemedyKind::ObjectOwnership, "/notes/{pk}"), (RemedyKind::ScopedList, "/notes")] {
        assert_eq!(
            lines("NoteViewSet.retrieve", path, remedy).unwrap(),
            "+    def get_queryset(self):\n+        return super().get_queryset().filter(owner=self.request.user)\n+\n"
        );
        assert_eq!(
            lines("OwnViewSet.retrieve", path, remedy).unwrap(),
            "-        return Note.objects.order_by(\"title\")\n\
             +        return Note.objects.filter(owner=self.request.user).order_by(\"title\")\n"
        );
        assert_eq!(lines("NewsViewSet.retrieve", path, remedy), Err(RefusalReason::NoOwner));
    }
}
