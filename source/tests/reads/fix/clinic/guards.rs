//! Who may ask: credentials, roles, tokens, and how often.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::{SETTINGS, assert_lines, assert_refused, clinic, lines};
use crate::fix::kit::{Given, strings};

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
        RemedyKind::MissingGuard,
        FixFacts::default(),
        "-    authentication_classes = []\n-    permission_classes = [AllowAny]\n+    permission_classes = [IsAuthenticated]\n\
         -        return Response({\"reason\": get_object_or_404(Visit, pk=pk).reason})\n\
         +        return Response({\"reason\": get_object_or_404(Visit, pk=pk, owner=request.user).reason})\n",
    );
    let said = given.fix("GET /loose/{pk}/", RemedyKind::MissingGuard).unwrap();
    assert!(said.needs_review.iter().any(|what| what.contains("AllowAny")), "{:?}", said.needs_review);
    assert_lines(
        &given,
        "POST /beat/",
        RemedyKind::MissingGuard,
        FixFacts::default(),
        "+@permission_classes([IsAuthenticated])\n",
    );
    let plain = lines(given.fix("GET /plain/", RemedyKind::MissingGuard)).unwrap();
    assert!(plain.contains("+class Plain(LoginRequiredMixin, View):"), "{plain}");
    assert_refused(&given, "GET /asking/", RemedyKind::MissingGuard, RefusalReason::NothingToDo);
    assert_refused(&given, "GET /kept/", RemedyKind::MissingGuard, RefusalReason::NothingToDo);
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
        assert_lines(&given, route, RemedyKind::RoleGuard, role.clone(), wanted);
    }
    assert_refused(&given, "GET /figures/", RemedyKind::RoleGuard, RefusalReason::NothingToDo);
}

#[test]
fn a_role_without_a_permission_class_gets_one() {
    let given = clinic(
        "class Payroll(generics.ListAPIView):\n    permission_classes = [IsAuthenticated]\n    queryset = Person.objects.all()\n",
        "urlpatterns = [path(\"payroll/\", views.Payroll.as_view())]\n",
    );
    let role = FixFacts { role: Some("chief".to_owned()), ..FixFacts::default() };
    let made = lines(given.fix_with("GET /payroll/", RemedyKind::RoleGuard, role)).unwrap();
    assert!(made.contains("+class HasChiefRole(BasePermission):"), "{made}");
    assert!(made.contains("request.user.is_authenticated and request.user.role == \"chief\")"), "{made}");
    assert!(made.contains("+    permission_classes = [IsAuthenticated, HasChiefRole]"), "{made}");
    // Nothing says which role: no guess.
    assert_refused(&given, "GET /payroll/", RemedyKind::RoleGuard, RefusalReason::MissingFact);
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
    let made = lines(given.fix("GET /own/", RemedyKind::VerifyToken)).unwrap();
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
    let made = lines(given.fix_with("DELETE /visits/{pk}/", RemedyKind::RoleGuard, role)).unwrap();
    assert!(made.contains("return [*super().get_permissions(), IsChief()]"), "{made}");
    // `IsHolder` asks for a credential too, and for the owner of a visit.
    let made = lines(given.fix("GET /loose/", RemedyKind::MissingGuard)).unwrap();
    assert!(made.contains("+    permission_classes = [IsAuthenticated]"), "{made}");
    // What another method answers is no object to take fields from.
    let leaking = FixFacts { leaking: strings(&["token"]), ..FixFacts::default() };
    let refused = given.fix_with("GET /loose/", RemedyKind::ResponseSchema, leaking).unwrap_err();
    assert_eq!(refused.reason, RefusalReason::NotLocated);
}

#[test]
fn views_get_a_throttle_unless_they_or_the_settings_have_one() {
    let views = r#"from rest_framework.throttling import AnonRateThrottle


class SignInView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        return Response({})


@api_view(["POST"])
@permission_classes([AllowAny])
def code(request):
    return Response({})
"#;
    let kept = "\n\nclass Slow(AnonRateThrottle):\n    rate = \"3/min\"\n\n\nclass Kept(APIView):\n    throttle_classes = [Slow]\n\n    def post(self, request):\n        return Response({})\n";
    let patterns = "urlpatterns = [path(\"sign-in/\", views.SignInView.as_view()), path(\"code/\", views.code)]\n";
    let given = clinic(views, patterns);
    let made = lines(given.fix_with("POST /sign-in/", RemedyKind::RateLimit, FixFacts::default())).unwrap();
    assert!(
        made.contains("+class SignInThrottle(UserRateThrottle):\n+    scope = \"sign-in\"\n+    rate = \"10/min\"\n"),
        "{made}"
    );
    assert!(made.contains("+    throttle_classes = [SignInThrottle]\n"), "{made}");
    let made = lines(given.fix_with("POST /code/", RemedyKind::RateLimit, FixFacts::default())).unwrap();
    assert!(
        made.contains("+@throttle_classes([CodeThrottle])\n def code")
            || made.contains("+@throttle_classes([CodeThrottle])"),
        "{made}"
    );
    // Another view has one already.
    let with =
        clinic(&format!("{views}{kept}"), &patterns.replace("]\n", ", path(\"kept/\", views.Kept.as_view())]\n"));
    assert_lines(
        &with,
        "POST /sign-in/",
        RemedyKind::RateLimit,
        FixFacts::default(),
        "+    throttle_classes = [Slow]\n",
    );
    assert_refused(&with, "POST /kept/", RemedyKind::RateLimit, RefusalReason::NothingToDo);
}
