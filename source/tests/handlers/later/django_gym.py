from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import models
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.generic import DeleteView, DetailView
from rest_framework import serializers, viewsets
from rest_framework.permissions import BasePermission, IsAuthenticated


class Training(models.Model):
    athlete = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    notes = models.TextField()


class TrainingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Training
        fields = ["id", "notes"]


class IsAthlete(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.athlete_id == request.user.pk


class TrainingViewSet(viewsets.ModelViewSet):
    queryset = Training.objects.all()
    serializer_class = TrainingSerializer
    permission_classes = [IsAuthenticated, IsAthlete]


class OwnMixin(LoginRequiredMixin):
    def get_queryset(self):
        return super().get_queryset().filter(athlete=self.request.user)


# label: checked
class TrainingDetail(OwnMixin, DetailView):
    model = Training


# label: not_checked
class TrainingDelete(LoginRequiredMixin, DeleteView):
    model = Training
    success_url = "/"


# label: checked
@login_required
def export(request, pk):
    training = get_object_or_404(request.user.training_set, pk=pk)
    return JsonResponse({"notes": training.notes})


# label: not_checked
@login_required
def share(request, pk):
    training = Training.objects.filter(pk=pk).first()
    if training is None:
        raise Http404
    return JsonResponse({"notes": training.notes, "by": request.user.username})


urlpatterns = [
    path("trainings/<int:pk>/", TrainingDetail.as_view()),
    path("trainings/<int:pk>/delete/", TrainingDelete.as_view()),
    path("trainings/<int:pk>/export/", export),
    path("trainings/<int:pk>/share/", share),
]
