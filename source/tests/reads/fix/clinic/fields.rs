//! What is taken from a body and shown in an answer, and what the whole project sets.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::{IMPORTS, MODELS, PERMISSIONS, SERIALIZERS, SETTINGS, assert_lines, assert_refused, clinic};
use crate::fix::kit::{Given, facts, strings};

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
        RemedyKind::FieldAllowList,
        facts(&["paid"]),
        "+        read_only_fields = [\"paid\"]\n",
    );
    // What a body no longer names, the view gives.
    assert_lines(
        &given,
        "POST /visits/",
        RemedyKind::FieldAllowList,
        facts(&["owner"]),
        "+        read_only_fields = [\"owner\"]\n+    def perform_create(self, serializer):\n\
         +        serializer.save(owner=self.request.user)\n+\n",
    );
    // A field that the class declares is not read from the list of `Meta`.
    assert_lines(
        &given,
        "PUT /own/",
        RemedyKind::FieldAllowList,
        facts(&["role"]),
        "-    role = serializers.CharField(max_length=20, required=False)\n\
         +    role = serializers.CharField(max_length=20, read_only=True)\n",
    );
    let made = given.fix_with("PUT /own/", RemedyKind::FieldAllowList, facts(&["badge"]));
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
        RemedyKind::ResponseSchema,
        leaking(&["password"]),
        "-        fields = \"__all__\"\n+        fields = [\"id\", \"email\", \"position\", \"role\"]\n",
    );
    // Within the serializer of a visit stands that of a person, by which bodies are read.
    assert_lines(
        &given,
        "GET /seen/{pk}/",
        RemedyKind::ResponseSchema,
        leaking(&["position"]),
        "-        extra_kwargs = {\"email\": {\"required\": True}}\n\
         +        extra_kwargs = {\"position\": {\"write_only\": True}, \"email\": {\"required\": True}}\n",
    );
}

#[test]
fn origins_are_named_in_the_settings_and_values_leave_the_text_of_a_query() {
    let views = r#"from django.db import connection


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def found(request, word):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM clinic_visit WHERE reason LIKE '%{word}%' AND kind <> '100%'")
        return Response(cursor.fetchall())
"#;
    let of = |settings: &str| {
        let views = format!("{IMPORTS}{views}");
        Given::of(&[
            ("clinic/__init__.py", ""),
            ("clinic/settings.py", &format!("{SETTINGS}{settings}")),
            ("clinic/models.py", MODELS),
            ("clinic/permissions.py", PERMISSIONS),
            ("clinic/serializers.py", SERIALIZERS),
            (
                "clinic/urls.py",
                "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path(\"found/<word>/\", views.found)]\n",
            ),
            ("clinic/views.py", &views),
        ])
    };
    let route = "GET /found/{word}/";
    let origins = FixFacts { origins: strings(&["https://clinic.example"]), ..FixFacts::default() };
    assert_lines(
        &of("CORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True\n"),
        route,
        RemedyKind::CorsOrigins,
        origins.clone(),
        "-CORS_ALLOW_ALL_ORIGINS = True\n+CORS_ALLOWED_ORIGINS = [\"https://clinic.example\"]\n",
    );
    assert_lines(
        &of(
            "CORS_ORIGIN_ALLOW_ALL = True\nCORS_ORIGIN_WHITELIST = [\"https://a.example\"]\nCORS_ALLOWED_ORIGIN_REGEXES = [r\"^https?://.*$\"]\n",
        ),
        route,
        RemedyKind::CorsOrigins,
        origins,
        "-CORS_ORIGIN_ALLOW_ALL = True\n+CORS_ORIGIN_ALLOW_ALL = False\n-CORS_ALLOWED_ORIGIN_REGEXES = [r\"^https?://.*$\"]\n",
    );
    let named = of("CORS_ALLOWED_ORIGINS = [\"https://a.example\"]\n");
    assert_refused(&named, route, RemedyKind::CorsOrigins, RefusalReason::NothingToDo);
    assert_lines(
        &named,
        route,
        RemedyKind::ParameterisedQuery,
        FixFacts::default(),
        "-        cursor.execute(f\"SELECT id FROM clinic_visit WHERE reason LIKE '%{word}%' AND kind <> '100%'\")\n\
         +        cursor.execute(\"SELECT id FROM clinic_visit WHERE reason LIKE %s AND kind <> '100%%'\", (f\"%{word}%\",))\n",
    );
}
