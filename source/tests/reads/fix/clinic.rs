//! Views of Django's REST framework with their addresses, in many shapes: each weakness beside what looks like it and is
//! sound, or open on purpose.

use routewarden_source::fix::{FixFacts, Proposal, Refusal, RefusalReason, Remedy};

use super::kit::{Given, assert_verified, changed, facts, strings};

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

fn lines(made: Result<Proposal, Refusal>) -> Result<String, RefusalReason> {
    match made {
        Ok(made) => {
            assert_verified(&made);
            Ok(changed(&made))
        }
        Err(refusal) => Err(refusal.reason),
    }
}

fn assert_lines(given: &Given, route: &str, remedy: Remedy, facts: FixFacts, wanted: &str) {
    let made = lines(given.fix_with(route, remedy, facts)).unwrap_or_else(|reason| panic!("{route}: {reason:?}"));
    assert_eq!(made, wanted, "{route}");
}

fn assert_refused(given: &Given, route: &str, remedy: Remedy, wanted: RefusalReason) {
    let made = given.fix(route, remedy);
    assert_eq!(lines(made.clone()), Err(wanted), "{route}: {made:?}");
}

#[test]
fn the_queryset_of_an_action_is_scoped_and_that_of_a_role_stays() {
    let given = clinic(
        r#"class VisitViewSet(viewsets.ModelViewSet):
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        if self.request.user.role == "chief":
            return Visit.objects.all()
        found = Visit.objects.select_related("owner")
        if self.action in ("list", "destroy"):
            found = found.filter(owner=self.request.user)
        return found
"#,
        "router.register(\"visits\", views.VisitViewSet, basename=\"visit\")\nurlpatterns = []\n",
    );
    assert_lines(
        &given,
        "PATCH /visits/{pk}/",
        Remedy::ObjectOwnership,
        FixFacts::default(),
        "-        found = Visit.objects.select_related(\"owner\")\n\
         +        found = Visit.objects.filter(owner=self.request.user).select_related(\"owner\")\n",
    );
    assert_refused(&given, "GET /visits/", Remedy::ScopedList, RefusalReason::NothingToDo);
    assert_refused(&given, "DELETE /visits/{pk}/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
}

#[test]
fn a_permission_on_the_object_is_enough_where_it_is_asked() {
    let given = clinic(
        r#"class VisitDetail(generics.RetrieveUpdateAPIView):
    permission_classes = [IsAuthenticated, IsHolder]
    queryset = Visit.objects.all()


class VisitReason(APIView):
    permission_classes = [IsAuthenticated, IsHolder]

    def get(self, request, number):
        visit = get_object_or_404(Visit, pk=number)
        return Response({"reason": visit.reason})
"#,
        "urlpatterns = [path(\"visits/<int:pk>/\", views.VisitDetail.as_view()), path(\"reasons/<int:number>/\", views.VisitReason.as_view())]\n",
    );
    assert_refused(&given, "GET /visits/{pk}/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
    assert_refused(&given, "PUT /visits/{pk}/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
    assert_lines(
        &given,
        "GET /reasons/{number}/",
        Remedy::ObjectOwnership,
        FixFacts::default(),
        "-        visit = get_object_or_404(Visit, pk=number)\n\
         +        visit = get_object_or_404(Visit, pk=number, owner=request.user)\n",
    );
}

#[test]
fn what_strangers_may_read_stays_so_and_changes_are_the_owners() {
    let given = clinic(
        r#"class VisitViewSet(viewsets.ModelViewSet):
    queryset = Visit.objects.all()
    serializer_class = VisitSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
"#,
        "router.register(\"visits\", views.VisitViewSet)\nurlpatterns = []\n",
    );
    assert_lines(
        &given,
        "DELETE /visits/{pk}/",
        Remedy::ObjectOwnership,
        FixFacts::default(),
        "+\n+    def get_queryset(self):\n\
         +        if self.request.method not in (\"GET\", \"HEAD\", \"OPTIONS\"):\n\
         +            return super().get_queryset().filter(owner=self.request.user)\n\
         +        return super().get_queryset()\n",
    );
    let public = FixFacts { is_public: true, ..FixFacts::default() };
    let refused = given.fix_with("GET /visits/{pk}/", Remedy::MissingGuard, public).unwrap_err();
    assert_eq!(refused.reason, RefusalReason::Public);
}

#[test]
fn the_method_of_the_view_that_loads_is_changed_once_for_all() {
    let given = clinic(
        r#"class VisitDetail(APIView):
    permission_classes = [IsAuthenticated]

    def find(self, pk):
        try:
            return Visit.objects.get(pk=pk)
        except Visit.DoesNotExist:
            raise Http404

    def get(self, request, pk):
        visit = self.find(pk)
        return Response(VisitSerializer(visit).data)

    def delete(self, request, pk):
        self.find(pk).delete()
        return Response(status=204)


class NoticeDetail(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, pk):
        return Response({"text": get_object_or_404(Notice, pk=pk).text})
"#,
        "urlpatterns = [path(\"visits/<int:pk>/\", views.VisitDetail.as_view()), path(\"notices/<int:pk>/\", views.NoticeDetail.as_view())]\n",
    );
    for route in ["GET /visits/{pk}/", "DELETE /visits/{pk}/"] {
        assert_lines(
            &given,
            route,
            Remedy::ObjectOwnership,
            FixFacts::default(),
            "-            return Visit.objects.get(pk=pk)\n+            return Visit.objects.get(pk=pk, owner=self.request.user)\n",
        );
    }
    assert_refused(&given, "GET /notices/{pk}/", Remedy::ObjectOwnership, RefusalReason::NoOwner);
}

#[test]
fn a_child_is_tied_to_its_parent_by_the_foreign_key() {
    let given = clinic(
        r#"class BedDetail(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, ward_pk, pk):
        get_object_or_404(Ward, pk=ward_pk, created_by=request.user)
        return Response({"number": get_object_or_404(Bed, pk=pk).number})

    def put(self, request, ward_pk, pk):
        ward = get_object_or_404(Ward, pk=ward_pk, created_by=request.user)
        bed = Bed.objects.get(pk=pk)
        return Response({"number": bed.number, "ward": ward.head})

    def delete(self, request, ward_pk, pk):
        ward = get_object_or_404(Ward, pk=ward_pk, created_by=request.user)
        ward.beds.get(pk=pk).delete()
        return Response(status=204)


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def bed(request, ward, pk):
    get_object_or_404(Ward, slug=ward, created_by=request.user)
    bed = get_object_or_404(Bed, pk=pk)
    return Response({"number": bed.number})
"#,
        "urlpatterns = [path(\"wards/<int:ward_pk>/beds/<int:pk>/\", views.BedDetail.as_view()), path(\"by-name/<slug:ward>/<int:pk>/\", views.bed)]\n",
    );
    let cases = [
        ("GET /wards/{ward_pk}/beds/{pk}/", "get_object_or_404(Bed, pk=pk", ", ward_id=ward_pk"),
        ("PUT /wards/{ward_pk}/beds/{pk}/", "Bed.objects.get(pk=pk", ", ward=ward"),
        ("GET /by-name/{ward}/{pk}/", "get_object_or_404(Bed, pk=pk", ", ward__slug=ward"),
    ];
    for (route, before, added) in cases {
        let made = lines(given.fix(route, Remedy::ObjectOwnership)).unwrap();
        assert!(made.contains(&format!("{before}{added})")) && made.lines().count() == 2, "{route}: {made}");
    }
    assert_refused(&given, "DELETE /wards/{ward_pk}/beds/{pk}/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
}

#[test]
fn the_owner_is_found_over_what_an_object_is_a_part_of() {
    let given = clinic(
        r#"class DocumentViewSet(viewsets.ReadOnlyModelViewSet):
    permission_classes = [IsAuthenticated]
    queryset = Document.objects.order_by("id")
    serializer_class = DocumentSerializer


class NoticeViewSet(viewsets.ReadOnlyModelViewSet):
    permission_classes = [IsAuthenticated]
    queryset = Notice.objects.order_by("id")
"#,
        "router.register(\"documents\", views.DocumentViewSet)\nrouter.register(\"notices\", views.NoticeViewSet)\nurlpatterns = []\n",
    );
    for (route, remedy) in [("GET /documents/{pk}/", Remedy::ObjectOwnership), ("GET /documents/", Remedy::ScopedList)]
    {
        let made = given.fix(route, remedy).unwrap();
        assert!(changed(&made).contains("return super().get_queryset().filter(visit__owner=self.request.user)"));
        assert!(made.needs_review.iter().any(|what| what.contains("visit__owner")), "{:?}", made.needs_review);
        assert_verified(&made);
    }
    assert_refused(&given, "GET /notices/", Remedy::ScopedList, RefusalReason::NoOwner);
}

#[test]
fn a_view_asks_for_a_credential_by_the_permission_of_another_one() {
    let given = clinic(
        r#"class Kept(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({})


class Loose(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, pk):
        return Response({"reason": get_object_or_404(Visit, pk=pk).reason})


@api_view(["POST"])
def beat(request):
    return Response({})


class Asking(APIView):
    def get(self, request):
        if not request.user.is_authenticated:
            return Response(status=401)
        return Response({})


class Plain(View):
    def get(self, request):
        return JsonResponse({})
"#,
        "urlpatterns = [path(\"kept/\", views.Kept.as_view()), path(\"loose/<int:pk>/\", views.Loose.as_view()), path(\"beat/\", views.beat),\n    path(\"asking/\", views.Asking.as_view()), path(\"plain/\", views.Plain.as_view())]\n",
    );
    assert_lines(
        &given,
        "GET /loose/{pk}/",
        Remedy::MissingGuard,
        FixFacts::default(),
        "-    authentication_classes = []\n-    permission_classes = [AllowAny]\n+    permission_classes = [IsAuthenticated]\n\
         -        return Response({\"reason\": get_object_or_404(Visit, pk=pk).reason})\n\
         +        return Response({\"reason\": get_object_or_404(Visit, pk=pk, owner=request.user).reason})\n",
    );
    let said = given.fix("GET /loose/{pk}/", Remedy::MissingGuard).unwrap();
    assert!(said.needs_review.iter().any(|what| what.contains("AllowAny")), "{:?}", said.needs_review);
    assert_lines(
        &given,
        "POST /beat/",
        Remedy::MissingGuard,
        FixFacts::default(),
        "+@permission_classes([IsAuthenticated])\n",
    );
    let plain = lines(given.fix("GET /plain/", Remedy::MissingGuard)).unwrap();
    assert!(plain.contains("+class Plain(LoginRequiredMixin, View):"), "{plain}");
    assert_refused(&given, "GET /asking/", Remedy::MissingGuard, RefusalReason::NothingToDo);
    assert_refused(&given, "GET /kept/", Remedy::MissingGuard, RefusalReason::NothingToDo);
}

const CHIEFS: &str = r#"class Figures(APIView):
    permission_classes = [IsChief]

    def get(self, request):
        return Response({})


class NoticeViewSet(viewsets.ModelViewSet):
    queryset = Notice.objects.all()
    permission_classes = [IsAuthenticated]

    @action(detail=False, methods=["post"])
    def purge(self, request):
        return Response({})


class Payroll(generics.ListAPIView):
    permission_classes = (IsAuthenticated,)
    queryset = Person.objects.all()


@api_view(["DELETE"])
@permission_classes([IsAuthenticated])
def wipe(request):
    return Response({})


class Choosing(viewsets.ModelViewSet):
    queryset = Notice.objects.all()

    def get_permissions(self):
        """Whoever writes signs in."""
        if self.action == "list":
            return [AllowAny()]
        return [IsAuthenticated()]
"#;

#[test]
fn one_action_asks_for_a_role_and_its_siblings_stay_as_they_are() {
    let given = clinic(
        CHIEFS,
        "router.register(\"notices\", views.NoticeViewSet)\nrouter.register(\"choosing\", views.Choosing)\n\
         urlpatterns = [path(\"figures/\", views.Figures.as_view()), path(\"payroll/\", views.Payroll.as_view()), path(\"wipe/\", views.wipe)]\n",
    );
    let role = FixFacts { role: Some("chief".to_owned()), ..FixFacts::default() };
    let cases = [
        (
            "POST /notices/purge/",
            "-    @action(detail=False, methods=[\"post\"])\n+    @action(detail=False, methods=[\"post\"], permission_classes=[IsChief])\n",
        ),
        (
            "DELETE /notices/{pk}/",
            "+    def get_permissions(self):\n+        if self.action == \"destroy\":\n\
             +            return [*super().get_permissions(), IsChief()]\n+        return super().get_permissions()\n+\n",
        ),
        (
            "GET /payroll/",
            "-    permission_classes = (IsAuthenticated,)\n+    permission_classes = (IsAuthenticated, IsChief)\n",
        ),
        (
            "DELETE /wipe/",
            "-@permission_classes([IsAuthenticated])\n+@permission_classes([IsAuthenticated, IsChief])\n",
        ),
        ("DELETE /choosing/{pk}/", "+        if self.action == \"destroy\":\n+            return [IsChief()]\n"),
    ];
    for (route, wanted) in cases {
        assert_lines(&given, route, Remedy::RoleGuard, role.clone(), wanted);
    }
    assert_refused(&given, "GET /figures/", Remedy::RoleGuard, RefusalReason::NothingToDo);
}

#[test]
fn a_role_without_a_permission_class_gets_one() {
    let given = clinic(
        "class Payroll(generics.ListAPIView):\n    permission_classes = [IsAuthenticated]\n    queryset = Person.objects.all()\n",
        "urlpatterns = [path(\"payroll/\", views.Payroll.as_view())]\n",
    );
    let role = FixFacts { role: Some("chief".to_owned()), ..FixFacts::default() };
    let made = lines(given.fix_with("GET /payroll/", Remedy::RoleGuard, role)).unwrap();
    assert!(made.contains("+class HasChiefRole(BasePermission):"), "{made}");
    assert!(made.contains("request.user.is_authenticated and request.user.role == \"chief\")"), "{made}");
    assert!(made.contains("+    permission_classes = [IsAuthenticated, HasChiefRole]"), "{made}");
    // Nothing says which role: no guess.
    assert_refused(&given, "GET /payroll/", Remedy::RoleGuard, RefusalReason::MissingFact);
}

const BODIES: &str = r#"class VisitViewSet(viewsets.ModelViewSet):
    permission_classes = [IsAuthenticated]
    queryset = Visit.objects.all()

    def get_serializer_class(self):
        if self.action == "create":
            return VisitSerializer
        return DocumentSerializer


class Own(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response(PersonSerializer(request.user).data)

    def put(self, request):
        serializer = PersonSerializer(request.user, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)
"#;

#[test]
fn a_field_that_is_not_the_callers_to_set_is_read_only() {
    let given = clinic(
        BODIES,
        "router.register(\"visits\", views.VisitViewSet)\nurlpatterns = [path(\"own/\", views.Own.as_view())]\n",
    );
    assert_lines(
        &given,
        "POST /visits/",
        Remedy::FieldAllowList,
        facts(&["paid"]),
        "+        read_only_fields = [\"paid\"]\n",
    );
    // What a body no longer names, the view gives.
    assert_lines(
        &given,
        "POST /visits/",
        Remedy::FieldAllowList,
        facts(&["owner"]),
        "+        read_only_fields = [\"owner\"]\n+    def perform_create(self, serializer):\n\
         +        serializer.save(owner=self.request.user)\n+\n",
    );
    // A field that the class declares is not read from the list of `Meta`.
    assert_lines(
        &given,
        "PUT /own/",
        Remedy::FieldAllowList,
        facts(&["role"]),
        "-    role = serializers.CharField(max_length=20, required=False)\n\
         +    role = serializers.CharField(max_length=20, read_only=True)\n",
    );
    let made = given.fix_with("PUT /own/", Remedy::FieldAllowList, facts(&["badge"]));
    assert_eq!(made.unwrap_err().reason, RefusalReason::NothingToDo);
}

#[test]
fn what_must_not_be_seen_goes_from_the_serializer_and_can_still_be_sent() {
    let given = clinic(
        &format!(
            "from .serializers import AccountSerializer\n\n\n{BODIES}\n\nclass Account(generics.RetrieveAPIView):\n    permission_classes = [IsAuthenticated]\n    serializer_class = AccountSerializer\n\n    def get_object(self):\n        return self.request.user\n\n\nclass VisitDetail(generics.RetrieveAPIView):\n    permission_classes = [IsAuthenticated, IsHolder]\n    queryset = Visit.objects.all()\n    serializer_class = VisitSerializer\n"
        ),
        "router.register(\"visits\", views.VisitViewSet)\nurlpatterns = [path(\"own/\", views.Own.as_view()), path(\"account/\", views.Account.as_view()), path(\"seen/<int:pk>/\", views.VisitDetail.as_view())]\n",
    );
    let leaking = |names: &[&str]| FixFacts { leaking: strings(names), ..FixFacts::default() };
    assert_lines(
        &given,
        "GET /account/",
        Remedy::ResponseSchema,
        leaking(&["password"]),
        "-        fields = \"__all__\"\n+        fields = [\"id\", \"email\", \"position\", \"role\"]\n",
    );
    // Within the serializer of a visit stands that of a person, by which bodies are read.
    assert_lines(
        &given,
        "GET /seen/{pk}/",
        Remedy::ResponseSchema,
        leaking(&["position"]),
        "-        extra_kwargs = {\"email\": {\"required\": True}}\n\
         +        extra_kwargs = {\"position\": {\"write_only\": True}, \"email\": {\"required\": True}}\n",
    );
}

#[test]
fn what_is_tied_to_the_caller_by_more_than_a_column_stays() {
    let given = clinic(
        r#"class BedList(generics.ListAPIView):
    permission_classes = [IsAuthenticated]

    def ward(self):
        return get_object_or_404(Ward, pk=self.kwargs["pk"], created_by=self.request.user)

    def get_queryset(self):
        ward = self.ward()
        return Bed.objects.filter(ward=ward)


class VisitReason(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, pk):
        visit = get_object_or_404(Visit.objects.for_user(request.user), pk=pk)
        return Response({"reason": visit.reason})

    def post(self, request, pk):
        person = get_object_or_404(Person, pk=pk)
        return Response({"position": person.position})
"#,
        "urlpatterns = [path(\"wards/<int:pk>/beds/\", views.BedList.as_view()), path(\"reasons/<int:pk>/\", views.VisitReason.as_view())]\n",
    );
    assert_refused(&given, "GET /wards/{pk}/beds/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
    assert_refused(&given, "GET /reasons/{pk}/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
    // The account itself is compared with the caller, not with a column that is called like an owner's.
    let made = lines(given.fix("POST /reasons/{pk}/", Remedy::ObjectOwnership)).unwrap();
    assert!(made.contains("if str(request.user.pk) != str(pk):"), "{made}");
}

#[test]
fn permissions_of_the_settings_are_asked_of_every_object() {
    let settings = SETTINGS.replace(
        "REST_FRAMEWORK = {",
        "REST_FRAMEWORK = {\"DEFAULT_PERMISSION_CLASSES\": [\"rest_framework.permissions.IsAuthenticated\", \"clinic.permissions.IsHolder\"], ",
    );
    let views = format!("{IMPORTS}class VisitDetail(generics.RetrieveAPIView):\n    queryset = Visit.objects.all()\n");
    let urls = "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path(\"visits/<int:pk>/\", views.VisitDetail.as_view())]\n";
    let files = |settings: &str| {
        Given::of(&[
            ("clinic/__init__.py", ""),
            ("clinic/settings.py", settings),
            ("clinic/models.py", MODELS),
            ("clinic/permissions.py", PERMISSIONS),
            ("clinic/serializers.py", SERIALIZERS),
            ("clinic/urls.py", urls),
            ("clinic/views.py", &views),
        ])
    };
    assert_refused(&files(&settings), "GET /visits/{pk}/", Remedy::ObjectOwnership, RefusalReason::NothingToDo);
    // The same one lets every caller read.
    let loose = settings.replace("IsHolder", "IsHolderOrReads");
    let made = lines(files(&loose).fix("GET /visits/{pk}/", Remedy::ObjectOwnership)).unwrap();
    assert!(made.contains("super().get_queryset().filter(owner=self.request.user)"), "{made}");
}

#[test]
fn tokens_are_proved_in_the_class_that_finds_out_who_calls() {
    let tokens = "import jwt\nfrom django.conf import settings\nfrom rest_framework.authentication import BaseAuthentication\n\n\n\
                  class TokenAuthentication(BaseAuthentication):\n    def authenticate(self, request):\n        return self.person(request.headers[\"X-Token\"]), None\n\n\
                  \x20   def person(self, token):\n        return jwt.decode(token, settings.SECRET_KEY, algorithms=[\"HS256\"], options={\"verify_exp\": False})\n";
    let views = "from rest_framework.decorators import api_view\nfrom rest_framework.response import Response\n\n\n@api_view([\"GET\"])\ndef own(request):\n    return Response({})\n";
    let urls = "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path(\"own/\", views.own)]\n";
    let given = Given::of(&[
        ("clinic/__init__.py", ""),
        ("clinic/settings.py", SETTINGS),
        ("clinic/tokens.py", tokens),
        ("clinic/urls.py", urls),
        ("clinic/views.py", views),
    ]);
    let made = lines(given.fix("GET /own/", Remedy::VerifyToken)).unwrap();
    assert!(made.contains("algorithms=[\"HS256\"], options={\"require\": [\"exp\"]})"), "{made}");
}

#[test]
fn a_permission_on_the_object_is_kept_and_is_none_for_other_views() {
    let given = clinic(
        r#"class VisitDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Visit.objects.all()
    permission_classes = [IsHolder]


class Figures(APIView):
    permission_classes = [IsChief]

    def get(self, request):
        return Response({})


class Loose(APIView):
    permission_classes = []

    def get(self, request):
        return self.answer(request)

    def answer(self, request):
        return Response({})
"#,
        "urlpatterns = [path(\"visits/<int:pk>/\", views.VisitDetail.as_view()), path(\"figures/\", views.Figures.as_view()),\n    path(\"loose/\", views.Loose.as_view())]\n",
    );
    let role = FixFacts { role: Some("chief".to_owned()), ..FixFacts::default() };
    let made = lines(given.fix_with("DELETE /visits/{pk}/", Remedy::RoleGuard, role)).unwrap();
    assert!(made.contains("return [*super().get_permissions(), IsChief()]"), "{made}");
    // `IsHolder` asks for a credential too, and for the owner of a visit.
    let made = lines(given.fix("GET /loose/", Remedy::MissingGuard)).unwrap();
    assert!(made.contains("+    permission_classes = [IsAuthenticated]"), "{made}");
    // What another method answers is no object to take fields from.
    let leaking = FixFacts { leaking: strings(&["token"]), ..FixFacts::default() };
    let refused = given.fix_with("GET /loose/", Remedy::ResponseSchema, leaking).unwrap_err();
    assert_eq!(refused.reason, RefusalReason::NotLocated);
}
