//! Objects and lists are their owner's: querysets, loads, parents, permissions on the object.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::{IMPORTS, MODELS, PERMISSIONS, SERIALIZERS, SETTINGS, assert_lines, assert_refused, clinic, lines};
use crate::fix::kit::{Given, assert_verified, changed};

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
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "-        found = Visit.objects.select_related(\"owner\")\n\
         +        found = Visit.objects.filter(owner=self.request.user).select_related(\"owner\")\n",
    );
    assert_refused(&given, "GET /visits/", RemedyKind::ScopedList, RefusalReason::NothingToDo);
    assert_refused(&given, "DELETE /visits/{pk}/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
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

    def put(self, request, number):
        visit = get_object_or_404(Visit, pk=number)
        self.check_object_permissions(request, visit)
        return Response({"reason": visit.reason})
"#,
        "urlpatterns = [path(\"visits/<int:pk>/\", views.VisitDetail.as_view()), path(\"reasons/<int:number>/\", views.VisitReason.as_view())]\n",
    );
    assert_refused(&given, "GET /visits/{pk}/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
    assert_refused(&given, "PUT /visits/{pk}/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
    assert_refused(&given, "PUT /reasons/{number}/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
    assert_lines(
        &given,
        "GET /reasons/{number}/",
        RemedyKind::ObjectOwnership,
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
        RemedyKind::ObjectOwnership,
        FixFacts::default(),
        "+\n+    def get_queryset(self):\n\
         +        if self.request.method not in (\"GET\", \"HEAD\", \"OPTIONS\"):\n\
         +            return super().get_queryset().filter(owner=self.request.user)\n\
         +        return super().get_queryset()\n",
    );
    let public = FixFacts { is_public: true, ..FixFacts::default() };
    let refused = given.fix_with("GET /visits/{pk}/", RemedyKind::MissingGuard, public).unwrap_err();
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
            RemedyKind::ObjectOwnership,
            FixFacts::default(),
            "-            return Visit.objects.get(pk=pk)\n+            return Visit.objects.get(pk=pk, owner=self.request.user)\n",
        );
    }
    assert_refused(&given, "GET /notices/{pk}/", RemedyKind::ObjectOwnership, RefusalReason::NoOwner);
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
        let made = lines(given.fix(route, RemedyKind::ObjectOwnership)).unwrap();
        assert!(made.contains(&format!("{before}{added})")) && made.lines().count() == 2, "{route}: {made}");
    }
    assert_refused(
        &given,
        "DELETE /wards/{ward_pk}/beds/{pk}/",
        RemedyKind::ObjectOwnership,
        RefusalReason::NothingToDo,
    );
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
    for (route, remedy) in
        [("GET /documents/{pk}/", RemedyKind::ObjectOwnership), ("GET /documents/", RemedyKind::ScopedList)]
    {
        let made = given.fix(route, remedy).unwrap();
        assert!(changed(&made).contains("return super().get_queryset().filter(visit__owner=self.request.user)"));
        assert!(made.needs_review.iter().any(|what| what.contains("visit__owner")), "{:?}", made.needs_review);
        assert_verified(&made);
    }
    assert_refused(&given, "GET /notices/", RemedyKind::ScopedList, RefusalReason::NoOwner);
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
    assert_refused(&given, "GET /wards/{pk}/beds/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
    assert_refused(&given, "GET /reasons/{pk}/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
    // The account itself is compared with the caller, not with a column that is called like an owner's.
    let made = lines(given.fix("POST /reasons/{pk}/", RemedyKind::ObjectOwnership)).unwrap();
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
    assert_refused(&files(&settings), "GET /visits/{pk}/", RemedyKind::ObjectOwnership, RefusalReason::NothingToDo);
    // The same one lets every caller read.
    let loose = settings.replace("IsHolder", "IsHolderOrReads");
    let made = lines(files(&loose).fix("GET /visits/{pk}/", RemedyKind::ObjectOwnership)).unwrap();
    assert!(made.contains("super().get_queryset().filter(owner=self.request.user)"), "{made}");
}
