"""The document, and what tests on loopback look at."""

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from . import accounts, middleware
from .models import TABLES


def document(_request):
    return HttpResponse((settings.BASE_DIR / "openapi.yaml").read_text(), content_type="application/yaml")


def state(_request):
    """Every row, and what came in."""
    rows = {table._meta.db_table: list(table.objects.order_by("id").values()) for table in TABLES}
    return JsonResponse({"rows": rows, "creating": middleware.creating, "passwords": accounts.passwords})
