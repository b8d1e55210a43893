from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.db import connection, models
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import include, path
from rest_framework import permissions, serializers, status, viewsets
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter

User = get_user_model()


class Address(models.Model):
    customer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    street = models.CharField(max_length=80)


class Voucher(models.Model):
    percent = models.IntegerField()


class AddressSerializer(serializers.ModelSerializer):
    class Meta:
        model = Address
        fields = "__all__"


class CustomerOrReadOnly(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        if request.method in permissions.SAFE_METHODS:
            return True
        return obj.customer == request.user


# label: checked
@login_required
def address(request, pk):
    found = get_object_or_404(request.user.addresses, pk=pk)
    return JsonResponse({"street": found.street})


# label: not_checked
@login_required
def edit_address(request, pk):
    found = Address.objects.filter(pk=pk).first()
    if found is None:
        raise Http404()
    found.street = request.POST["street"]
    found.save(update_fields=["street"])
    return redirect("addresses")


# label: not_checked
@api_view(["POST"])
@permission_classes([permissions.IsAuthenticated])
def move(request):
    Address.objects.filter(id=request.data["address"]).update(street=request.data["street"])
    return Response(status=status.HTTP_204_NO_CONTENT)


# label: checked
@api_view(["GET"])
@permission_classes([permissions.IsAuthenticated])
def raw_address(request, pk):
    with connection.cursor() as cursor:
        cursor.execute("SELECT street FROM address WHERE id = %s AND customer_id = %s", [pk, request.user.id])
        row = cursor.fetchone()
    if not row:
        return Response(status=404)
    return Response({"street": row[0]})


# label: not_applicable
@login_required
def voucher(request, pk):
    return JsonResponse({"percent": Voucher.objects.get(id=pk).percent})


# label: not_applicable
@login_required
@user_passes_test(lambda user: user.is_staff)
def staff_address(request, pk):
    return JsonResponse({"street": Address.objects.get(pk=pk).street})


class AddressViewSet(viewsets.ModelViewSet):
    queryset = Address.objects.all()
    serializer_class = AddressSerializer
    permission_classes = [permissions.IsAuthenticated, CustomerOrReadOnly]

    # label: checked
    def update(self, request, *args, **kwargs):
        instance = self.get_object()
        serializer = self.get_serializer(instance, data=request.data)
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        return Response(serializer.data)


class StrictViewSet(viewsets.ModelViewSet):
    serializer_class = AddressSerializer

    def get_queryset(self):
        if self.request.user.is_staff:
            return Address.objects.all()
        return Address.objects.filter(customer=self.request.user)

    # label: checked
    def retrieve(self, request, pk=None):
        found = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(AddressSerializer(found).data)

    # label: not_checked
    def destroy(self, request, pk=None):
        Address.objects.get(pk=pk).delete()
        return Response(status=204)


router = DefaultRouter()
router.register("addresses", AddressViewSet)
router.register("strict", StrictViewSet, basename="strict")

urlpatterns = [
    path("address/<int:pk>", address),
    path("edit/<int:pk>", edit_address),
    path("move", move),
    path("raw/<int:pk>", raw_address),
    path("voucher/<int:pk>", voucher),
    path("staff/<int:pk>", staff_address),
    path("api/", include(router.urls)),
]
