from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.views import View
from django.views.generic import DeleteView, DetailView, ListView, UpdateView
from rest_framework import mixins, permissions, viewsets
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter


class Article(models.Model):
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    slug = models.SlugField()
    title = models.CharField(max_length=100)
    is_public = models.BooleanField(default=False)


class Remark(models.Model):
    article = models.ForeignKey(Article, on_delete=models.CASCADE)
    text = models.TextField()


class Language(models.Model):
    name = models.CharField(max_length=20)


class OwnerMixin:
    def get_queryset(self):
        return super().get_queryset().filter(author=self.request.user)


# label GET: not_checked
class ArticleDetail(LoginRequiredMixin, DetailView):
    model = Article


# label GET: checked
class OwnArticleDetail(LoginRequiredMixin, OwnerMixin, DetailView):
    model = Article


# label POST: checked
class ArticleUpdate(LoginRequiredMixin, UserPassesTestMixin, UpdateView):
    model = Article
    fields = ["title"]

    def test_func(self):
        return self.get_object().author == self.request.user


# label POST: not_checked
class ArticleDelete(LoginRequiredMixin, DeleteView):
    model = Article


# label GET: checked
class ArticleList(LoginRequiredMixin, ListView):
    model = Article

    def get_queryset(self):
        return Article.objects.filter(author=self.request.user).order_by("title")


class ArticleApi(View):
    # label: checked
    def get(self, request, slug):
        article = get_object_or_404(Article, Q(slug=slug) & (Q(author=request.user) | Q(is_public=True)))
        return JsonResponse({"title": article.title})

    # label: not_checked
    def put(self, request, slug):
        article = get_object_or_404(Article, slug=slug)
        article.title = request.POST["title"]
        article.save()
        return JsonResponse({"title": article.title})

    # label: checked
    def delete(self, request, slug):
        deleted, _ = Article.objects.filter(slug=slug, author=request.user).delete()
        return JsonResponse({"deleted": deleted})


class RemarkViewSet(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    queryset = Remark.objects.all()
    permission_classes = [permissions.IsAuthenticated]

    # label: not_checked
    def retrieve(self, request, pk=None):
        remark = self.get_object()
        return Response({"text": remark.text})

    # label: checked
    def destroy(self, request, pk=None):
        remark = self.get_object()
        if remark.article.author != request.user:
            raise PermissionDenied()
        remark.delete()
        return Response(status=204)


# label: not_applicable
def language(request, pk):
    try:
        found = Language.objects.get(pk=pk)
    except Language.DoesNotExist:
        raise NotFound()
    return JsonResponse({"name": found.name})


# label: not_checked
def excluded(request, slug):
    article = get_object_or_404(Article.objects.exclude(author=request.user), slug=slug)
    return JsonResponse({"title": article.title})


router = SimpleRouter()
router.register("remarks", RemarkViewSet)

urlpatterns = [
    path("articles/<slug:slug>/", ArticleDetail.as_view()),
    path("own/<slug:slug>/", OwnArticleDetail.as_view()),
    path("update/<slug:slug>/", ArticleUpdate.as_view()),
    path("delete/<slug:slug>/", ArticleDelete.as_view()),
    path("articles/", ArticleList.as_view()),
    path("api/<slug:slug>/", ArticleApi.as_view()),
    path("languages/<int:pk>/", language),
    path("excluded/<slug:slug>/", excluded),
    path("", include(router.urls)),
]
