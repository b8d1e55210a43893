"""Notebooks with pages, notes, reminders, contacts and labels; and what administrators do."""

from django.shortcuts import get_object_or_404
from rest_framework import generics, status, viewsets
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import TABLES, Contact, Label, Member, Note, Notebook, Page, Reminder, Template
from .permissions import IsAdministrator, IsOwner
from .serializers import (ContactSerializer, LabelSerializer, NotebookSerializer, NoteSerializer, PageSerializer, ProfileSerializer,
                          ReminderSerializer, TemplateSerializer)


class TemplateList(generics.ListAPIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    queryset = Template.objects.order_by("id")
    serializer_class = TemplateSerializer


class TemplateDetail(generics.RetrieveAPIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    queryset = Template.objects.all()
    serializer_class = TemplateSerializer


class NotebookViewSet(viewsets.ModelViewSet):
    serializer_class = NotebookSerializer

    def get_queryset(self):
        return Notebook.objects.filter(owner=self.request.user).order_by("id")

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class NoteViewSet(viewsets.ModelViewSet):
    serializer_class = NoteSerializer
    permission_classes = [IsAuthenticated]
    queryset = Note.objects.order_by("id")

    def list(self, request):
        mine = Note.objects.filter(author=request.user).order_by("id")
        return Response(NoteSerializer(mine, many=True).data)

    def perform_create(self, serializer):
        serializer.save(author=self.request.user)


class ReminderViewSet(viewsets.ModelViewSet):
    serializer_class = ReminderSerializer

    def get_queryset(self):
        if self.action == "destroy":
            return Reminder.objects.all()
        return Reminder.objects.filter(owner=self.request.user).order_by("id")

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class ContactCard(APIView):
    permission_classes = []

    def get(self, request, pk):
        contact = get_object_or_404(Contact, pk=pk)
        return Response({"contact": contact.id, "owner": contact.owner_id, "full_name": contact.full_name, "phone": contact.phone})


class PageList(APIView):
    def get(self, request, notebook_id):
        notebook = get_object_or_404(Notebook, pk=notebook_id, owner=request.user)
        return Response(PageSerializer(notebook.pages.order_by("id"), many=True).data)

    def post(self, request, notebook_id):
        notebook = get_object_or_404(Notebook, pk=notebook_id, owner=request.user)
        serializer = PageSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(notebook=notebook)
        return Response(serializer.data, status=status.HTTP_201_CREATED)


class PageDetail(APIView):
    def get(self, request, notebook_id, page_id):
        get_object_or_404(Notebook, pk=notebook_id, owner=request.user)
        page = get_object_or_404(Page, pk=page_id)
        return Response(PageSerializer(page).data)

    def delete(self, request, notebook_id, page_id):
        notebook = get_object_or_404(Notebook, pk=notebook_id, owner=request.user)
        page = get_object_or_404(Page, pk=page_id, notebook=notebook)
        page.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContactList(generics.ListCreateAPIView):
    serializer_class = ContactSerializer

    def get_queryset(self):
        return Contact.objects.filter(owner=self.request.user).order_by("id")

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class ContactDetail(APIView):
    def get(self, request, pk):
        contact = get_object_or_404(Contact, pk=pk)
        if contact.owner_id != request.user.id:
            return Response({"detail": "There is no such contact"}, status=status.HTTP_404_NOT_FOUND)
        return Response(ContactSerializer(contact).data)

    def put(self, request, pk):
        contact = get_object_or_404(Contact, pk=pk)
        serializer = ContactSerializer(contact, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    def delete(self, request, pk):
        """204 whatever the id is; only the caller's own goes away."""
        Contact.objects.filter(pk=pk, owner=request.user).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class LabelList(generics.ListCreateAPIView):
    queryset = Label.objects.order_by("id")
    serializer_class = LabelSerializer

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class LabelDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Label.objects.all()
    serializer_class = LabelSerializer
    permission_classes = [IsAuthenticated, IsOwner]


class MemberList(generics.ListAPIView):
    permission_classes = [IsAuthenticated]
    queryset = Member.objects.order_by("id")
    serializer_class = ProfileSerializer


class TemplateCreate(generics.CreateAPIView):
    permission_classes = [IsAuthenticated]
    serializer_class = TemplateSerializer


class Stats(APIView):
    permission_classes = [IsAdministrator]

    def get(self, request):
        return Response({table.__name__.lower(): table.objects.count() for table in TABLES})
