from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import include, path
from rest_framework import generics, permissions, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView


class Order(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    total = models.IntegerField()
    status = models.CharField(max_length=10)


class Product(models.Model):
    name = models.CharField(max_length=40)


class OrderSerializer(ModelSerializer):
    class Meta:
        model = Order
        fields = ["id", "total"]


class IsOwner(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.user == request.user


class IsOwnerOrReadOnly(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        if request.method in permissions.SAFE_METHODS:
            return True
        return obj.user == request.user


# label: not_checked
@login_required
def order_detail(request, pk):
    order = get_object_or_404(Order, pk=pk)
    return render(request, "order.html", {"order": order})


# label: checked
@login_required
def own_order(request, pk):
    order = get_object_or_404(Order, pk=pk, user=request.user)
    return render(request, "order.html", {"order": order})


# label: checked
@login_required
def cancel_order(request, pk):
    order = Order.objects.get(pk=pk)
    if order.user != request.user:
        return HttpResponseForbidden()
    order.status = "cancelled"
    order.save()
    return JsonResponse({"ok": True})


# label: checked
@api_view(["DELETE"])
def remove_order(request, pk):
    try:
        order = request.user.order_set.get(pk=pk)
    except Order.DoesNotExist:
        raise Http404
    order.delete()
    return Response(status=204)


# label: not_applicable
@login_required
def product_detail(request, pk):
    product = get_object_or_404(Product, pk=pk)
    return JsonResponse({"name": product.name})


class ScopedOrders(viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self):
        return Order.objects.filter(user=self.request.user)

    # label: checked
    @action(detail=True, methods=["post"])
    def pay(self, request, pk=None):
        order = self.get_object()
        order.status = "paid"
        order.save()
        return Response({"ok": True})


# label GET: not_checked
# label DELETE: not_checked
class OpenOrders(generics.RetrieveDestroyAPIView):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    permission_classes = [permissions.IsAuthenticated]


# label GET: checked
# label PUT: checked
class GuardedOrders(generics.RetrieveUpdateAPIView):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    permission_classes = [permissions.IsAuthenticated, IsOwner]


class OrderView(APIView):
    permission_classes = [permissions.IsAuthenticated, IsOwner]

    # label: not_checked
    def get(self, request, pk):
        order = Order.objects.get(pk=pk)
        return Response(OrderSerializer(order).data)

    # label: checked
    def delete(self, request, pk):
        order = Order.objects.get(pk=pk)
        self.check_object_permissions(request, order)
        order.delete()
        return Response(status=204)

    # label: checked
    def put(self, request, pk):
        order = Order.objects.get(pk=pk)
        if not request.user.is_staff and order.user_id != request.user.id:
            raise PermissionDenied
        serializer = OrderSerializer(order, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


router = DefaultRouter()
router.register("scoped", ScopedOrders, basename="scoped")

urlpatterns = [
    path("orders/<int:pk>/", order_detail),
    path("own/<int:pk>/", own_order),
    path("cancel/<int:pk>/", cancel_order),
    path("remove/<int:pk>/", remove_order),
    path("products/<int:pk>/", product_detail),
    path("open/<int:pk>/", OpenOrders.as_view()),
    path("guarded/<int:pk>/", GuardedOrders.as_view()),
    path("view/<int:pk>/", OrderView.as_view()),
    path("", include(router.urls)),
]
