"""What comes in and goes out."""

from rest_framework import serializers

from .models import Contact, Label, Member, Note, Notebook, Page, Reminder, Template


class RegistrationSerializer(serializers.Serializer):
    email = serializers.EmailField()
    password = serializers.CharField(min_length=10, max_length=72)
    name = serializers.CharField(min_length=2, max_length=80)

    def validate_password(self, value):
        if value.isalpha() or value.isdigit():
            raise serializers.ValidationError("letters and digits are needed")
        return value

    def validate_email(self, value):
        if Member.objects.filter(email=value).exists():
            raise serializers.ValidationError("this address cannot be used")
        return value


class CredentialsSerializer(serializers.Serializer):
    email = serializers.EmailField()
    password = serializers.CharField()


class ProfileSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = ["id", "email", "name", "role", "storage_quota_mb"]
        read_only_fields = ["id", "email"]


class NameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = ["id", "name"]
        read_only_fields = ["id"]


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = "__all__"


class TemplateSerializer(serializers.ModelSerializer):
    class Meta:
        model = Template
        fields = ["id", "title", "text"]


class NotebookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notebook
        fields = ["id", "owner", "title"]
        read_only_fields = ["id", "owner"]


class PageSerializer(serializers.ModelSerializer):
    class Meta:
        model = Page
        fields = ["id", "notebook", "heading", "content"]
        read_only_fields = ["id", "notebook"]


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = "__all__"
        read_only_fields = ["author"]


class ReminderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Reminder
        fields = ["id", "owner", "subject"]
        read_only_fields = ["owner"]


class ContactSerializer(serializers.ModelSerializer):
    class Meta:
        model = Contact
        fields = ["id", "owner", "full_name", "phone"]
        read_only_fields = ["owner"]


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Label
        fields = ["id", "owner", "caption"]
        read_only_fields = ["owner"]
