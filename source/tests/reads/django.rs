//! Routes of Django and the REST framework.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::{GuardKind, GuardLevel, RouteEntry, RouteTable};

use crate::project::project;

const SETTINGS: &str = "ROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = ['django.middleware.common.CommonMiddleware']\n";

/// The routes of a project with these files below `shop/`, settings aside.
fn routes(files: &[(&str, &str)]) -> RouteTable {
    let mut all = vec![("shop/__init__.py", ""), ("shop/settings.py", SETTINGS)];
    all.extend(files.iter().copied());
    find_routes(&project(&all))
}

/// `GET /a shop/views.py:3 function`
fn shown(table: &RouteTable) -> Vec<String> {
    let one = |entry: &RouteEntry| {
        let methods = entry.methods.join(",");
        let methods = if methods.is_empty() { "*".to_owned() } else { methods };
        format!("{methods} {} {}:{} {}", entry.path, entry.handler.file, entry.handler.line, entry.function)
    };
    table.routes.iter().map(one).collect()
}

/// `route Authentication login_required`
fn guards(table: &RouteTable, method: &str, path: &str) -> Vec<(GuardLevel, GuardKind, String)> {
    let is_it = |entry: &&RouteEntry| {
        entry.path == path && (entry.methods.is_empty() || entry.methods.iter().any(|known| known == method))
    };
    let entry = table.routes.iter().find(is_it).unwrap_or_else(|| panic!("{method} {path}: {:?}", shown(table)));
    entry.guards.iter().map(|guard| (guard.level, guard.kind.clone(), guard.name.clone())).collect()
}

#[test]
fn paths_includes_and_views_are_read() {
    let table = routes(&[
        (
            "shop/urls.py",
            "from django.urls import include, path, re_path\nfrom django.contrib import admin\nfrom . import views\n\
             from .orders import urls as order_urls\n\nextra = [path('ping', views.ping)]\n\nurlpatterns = [\n\
             \x20   path('orders/', include(order_urls)),\n    path('admin/', admin.site.urls),\n\
             \x20   re_path(r'^files/(?P<name>[^/]+)/?$', views.Files.as_view()),\n\
             \x20   path('old/', include(('shop.orders.urls', 'old'), namespace='old')),\n]\n\
             if views.DEBUG:\n    urlpatterns += extra\n",
        ),
        (
            "shop/views.py",
            "from django.views import View\nfrom django.views.decorators.http import require_POST\nDEBUG = False\n\n\
             @require_POST\ndef ping(request):\n    pass\n\n\nclass Files(View):\n    def get(self, request, name):\n\
             \x20       pass\n\n    def delete(self, request, name):\n        pass\n",
        ),
        ("shop/orders/__init__.py", ""),
        (
            "shop/orders/urls.py",
            "from django.urls import path\nfrom . import views\nurlpatterns = [path('<int:pk>/', views.order)]\n",
        ),
        ("shop/orders/views.py", "def order(request, pk):\n    pass\n"),
    ]);
    assert_eq!(
        shown(&table),
        [
            "DELETE /files/{name}/ shop/views.py:14 Files.delete",
            "GET /files/{name}/ shop/views.py:11 Files.get",
            "* /old/{pk}/ shop/orders/views.py:1 order",
            "* /orders/{pk}/ shop/orders/views.py:1 order",
            "POST /ping shop/views.py:6 ping",
        ]
    );
    assert_eq!(table.unclear, ["shop/urls.py:10: `django.contrib.admin.site.urls` is not part of this project"]);
}

#[test]
fn routers_give_the_actions_that_a_set_of_views_has() {
    let table = routes(&[
        (
            "shop/urls.py",
            "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\n\
             from rest_framework_nested import routers\nfrom .api import LineSet, OrderSet, StateSet\n\n\
             router = DefaultRouter()\nrouter.register(r'orders', OrderSet, basename='order')\n\
             router.register('states', StateSet)\n\
             lines = routers.NestedSimpleRouter(router, 'orders', lookup='order')\n\
             lines.register('lines', LineSet)\n\
             urlpatterns = [path('api/', include(router.urls)), path('api/', include(lines.urls))]\n",
        ),
        (
            "shop/api.py",
            "from rest_framework import mixins, viewsets\nfrom rest_framework.decorators import action\n\n\
             class OrderSet(viewsets.ModelViewSet):\n    lookup_field = 'number'\n    http_method_names = ['get', 'patch', 'post']\n\n\
             \x20   def retrieve(self, request, number=None):\n        pass\n\n\
             \x20   @action(detail=True, methods=['post'], url_path='close/(?P<how>\\w+)')\n\
             \x20   def close(self, request, number=None, how=None):\n        pass\n\n\
             \x20   @action(detail=False)\n    def recent(self, request):\n        pass\n\n\
             class LineSet(mixins.ListModelMixin, viewsets.GenericViewSet):\n    pass\n\n\
             class StateSet(viewsets.ReadOnlyModelViewSet):\n    lookup_url_kwarg = 'state'\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "GET /api/orders/ shop/api.py:4 OrderSet.list",
            "POST /api/orders/ shop/api.py:4 OrderSet.create",
            "GET /api/orders/recent/ shop/api.py:16 OrderSet.recent",
            "GET /api/orders/{number}/ shop/api.py:8 OrderSet.retrieve",
            "PATCH /api/orders/{number}/ shop/api.py:4 OrderSet.partial_update",
            "POST /api/orders/{number}/close/{how}/ shop/api.py:12 OrderSet.close",
            "GET /api/orders/{order_number}/lines/ shop/api.py:19 LineSet.list",
            "GET /api/states/ shop/api.py:22 StateSet.list",
            "GET /api/states/{state}/ shop/api.py:22 StateSet.retrieve",
        ]
    );
    let list = table.routes.iter().find(|entry| entry.function == "LineSet.list").unwrap();
    let code = list.code.as_ref().unwrap();
    assert_eq!(code.function.class.as_ref().unwrap().class.name, "LineSet");
    assert!(code.is_inherited());
}

#[test]
fn patterns_that_loops_and_functions_make_are_followed() {
    let table = routes(&[
        (
            "shop/urls.py",
            "from django.urls import path\nfrom .views import make, plain\n\n\
             def crud(prefix, view):\n    return [path(f'{prefix}/', view), path(prefix + '/<pk>/', view)]\n\n\
             urlpatterns = crud('orders', plain)\nfor name in ['a', 'b']:\n\
             \x20   urlpatterns.append(path('loop/%s/' % name, make(name)))\n\
             urlpatterns += [path(p, v) for p, v in [('one', plain)]]\nimport os\n\
             urlpatterns += [path(os.environ['PREFIX'] + '/x', plain)]\n",
        ),
        (
            "shop/views.py",
            "def plain(request, pk=None):\n    pass\n\n\
             def make(name):\n    def inner(request):\n        pass\n    return inner\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "* /loop/a/ shop/views.py:5 inner",
            "* /loop/b/ shop/views.py:5 inner",
            "* /one shop/views.py:1 plain",
            "* /orders/ shop/views.py:1 plain",
            "* /orders/{pk}/ shop/views.py:1 plain",
        ]
    );
    assert_eq!(table.unclear, ["shop/urls.py:12: the path is made at runtime"]);
}

const GUARDED: &str = "\
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.utils.decorators import method_decorator
from django.views import View
from functools import wraps


def members(view):
    @wraps(view)
    def inner(request, *args):
        if not request.user.is_authenticated:
            raise PermissionDenied
        return view(request, *args)
    return inner


def timed(view):
    def inner(request):
        return view(request)
    return inner


@login_required
def a(request):
    pass


@permission_required('shop.change_order')
def b(request):
    pass


@user_passes_test(lambda user: user.is_superuser)
def c(request):
    pass


@members
@timed
def d(request):
    pass


def e(request):
    pass


class F(LoginRequiredMixin, View):
    def get(self, request):
        pass

    @method_decorator(staff_member_required)
    def post(self, request):
        pass
";

#[test]
fn guards_of_views_are_decorators_wrappers_and_mixins() {
    let urls = "from django.urls import path\nfrom django.contrib.auth.decorators import login_required\n\
                from . import views\nurlpatterns = [\n    path('a', views.a), path('b', views.b), path('c', views.c),\n\
                \x20   path('d', views.d), path('e', views.e), path('w', login_required(views.e)), path('f', views.F.as_view()),\n]\n";
    let table = routes(&[("shop/urls.py", urls), ("shop/views.py", GUARDED)]);
    let role = |name: &str| GuardKind::Role(name.to_owned());
    let one = |level, kind, name: &str| vec![(level, kind, name.to_owned())];
    let route = GuardLevel::Route;
    assert_eq!(guards(&table, "GET", "/a"), one(route, GuardKind::Authentication, "login_required"));
    let b = one(route, role("shop.change_order"), "permission_required('shop.change_order')");
    assert_eq!(guards(&table, "GET", "/b"), b);
    assert_eq!(guards(&table, "GET", "/c")[0].1, role("is_superuser"));
    // `timed` lets everyone in, and is no guard.
    assert_eq!(guards(&table, "GET", "/d"), one(route, GuardKind::Authentication, "members"));
    assert_eq!(guards(&table, "GET", "/e"), []);
    assert_eq!(guards(&table, "GET", "/w"), one(route, GuardKind::Authentication, "login_required"));
    let mixin = one(GuardLevel::Router, GuardKind::Authentication, "LoginRequiredMixin");
    assert_eq!(guards(&table, "GET", "/f"), mixin);
    assert_eq!(guards(&table, "POST", "/f")[1].1, role("staff"));
}

#[test]
fn guards_of_the_rest_framework_are_permission_classes() {
    let files = [
        (
            "shop/settings.py",
            "ROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = ['shop.gate.Gate', 'shop.gate.Clock']\n\
             REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n",
        ),
        (
            "shop/gate.py",
            "from django.http import HttpResponse, HttpResponseForbidden\n\nclass Gate:\n    def __call__(self, request):\n\
             \x20       if request.user.is_anonymous:\n            return HttpResponseForbidden()\n\
             \x20       return self.get_response(request)\n\nclass Clock:\n    def __call__(self, request):\n\
             \x20       return self.get_response(request)\n",
        ),
        (
            "shop/urls.py",
            "from rest_framework.routers import SimpleRouter\nfrom django.urls import path\nfrom . import api\n\
             router = SimpleRouter(trailing_slash=False)\nrouter.register('a', api.A)\nrouter.register('b', api.B)\n\
             urlpatterns = router.urls + [path('c', api.c), path('d', api.D.as_view())]\n",
        ),
        (
            "shop/api.py",
            "from rest_framework import generics, permissions, viewsets\nfrom rest_framework.decorators import action, api_view\n\
             from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAdminUser, IsAuthenticated\n\n\
             class Staff(permissions.BasePermission):\n    def has_permission(self, request, view):\n\
             \x20       if request.method in SAFE_METHODS:\n            return True\n        return request.user.is_staff\n\n\
             class A(viewsets.ModelViewSet):\n    permission_classes = [IsAuthenticated & Staff]\n\n\
             \x20   @action(detail=False, permission_classes=[])\n    def open(self, request):\n        pass\n\n\
             class B(viewsets.ModelViewSet):\n    def get_permissions(self):\n\
             \x20       if self.action in ['list', 'retrieve']:\n            classes = [AllowAny]\n\
             \x20       else:\n            classes = [IsAdminUser]\n        return [one() for one in classes]\n\n\
             @api_view(['POST'])\ndef c(request):\n    pass\n\n\
             class D(generics.ListAPIView):\n    permission_classes = (Staff,)\n",
        ),
    ];
    let table = find_routes(&project(&files));
    let gate = (GuardLevel::App, GuardKind::Authentication, "Gate".to_owned());
    let after = |method: &str, path: &str| {
        let mut all = guards(&table, method, path);
        assert_eq!(all.remove(0), gate, "{method} {path}");
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    };
    let role = |name: &str| GuardKind::Role(name.to_owned());
    assert_eq!(after("DELETE", "/a/{pk}").1, role("is_staff"));
    assert_eq!(after("GET", "/a").1, GuardKind::Authentication);
    assert_eq!(after("GET", "/a/open").1, GuardKind::Public);
    assert_eq!(after("GET", "/b").1, GuardKind::Public);
    assert_eq!(after("POST", "/b").1, role("staff"));
    assert_eq!(after("POST", "/c").0, GuardLevel::App);
    assert_eq!(after("GET", "/d").1, GuardKind::Public);
}

#[test]
fn functions_that_make_patterns_are_run_with_what_they_are_given() {
    let table = routes(&[
        (
            "shop/urls.py",
            "from django.urls import path\nfrom django.conf import settings\nfrom .views import Crud, refuse\n\n\
             urlpatterns = [*Crud.get_urls('teams/'), path(settings.MEDIA + 'x', refuse(404)), path('y', refuse(500))]\n",
        ),
        (
            "shop/settings.py",
            "ROOT_URLCONF = 'shop.urls'\nLANGUAGES = [('a', 'A')]\nMEDIA = 'media/'\nif LANGUAGES:\n    import a\nif a:\n    import b\n",
        ),
        (
            "shop/views.py",
            "from django.urls import path\nfrom django.views import View\n\nKINDS = {'list': 'a', 'detail': 'b', 'update': 'c'}\n\n\
             def handle_500(request):\n    pass\n\ndef refuse(code):\n    if code == 500:\n        return handle_500\n\n\
             \x20   def inner(request):\n        raise KeyError\n    return inner\n\n\
             class Crud(View):\n    is_merged = True\n    field = 'pk'\n\n    @classmethod\n    def pattern(cls, base, kind):\n\
             \x20       if kind == 'list':\n            return base\n        return f'{base}<int:{cls.field}>/{kind}'\n\n\
             \x20   @classmethod\n    def get_urls(cls, base, kinds=None):\n        kinds = kinds or KINDS.keys()\n\
             \x20       if cls.is_merged:\n            kinds = [kind for kind in kinds if kind != 'detail']\n\
             \x20       return [path(cls.pattern(base.rstrip('/') + '/', kind), cls.as_view()) for kind in kinds]\n\n\
             \x20   def get(self, request):\n        pass\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "* /media/x shop/views.py:13 inner",
            "GET /teams/ shop/views.py:34 Crud.get",
            "GET /teams/{pk}/update shop/views.py:34 Crud.get",
            "* /y shop/views.py:6 handle_500",
        ]
    );
}

#[test]
fn paths_and_patterns_that_dictionaries_hold_are_found_by_their_keys() {
    let table = find_routes(&project(&[
        ("shop/__init__.py", ""),
        ("shop/settings.py", "ROOT_URLCONF = 'shop.urls'\nAPI_ROOT = '/shop/'\nREWRITES = None\nHAS_TENANTS = False\n"),
        (
            "shop/roots.py",
            "from django.conf import settings\n\nREWRITTEN = '/<path:root>/'\n\n\n\
             def find_root(version, rewrite=True, tenants=True, bare=False):\n\
             \x20   if rewrite and settings.REWRITES:\n        root = REWRITTEN\n    else:\n        root = settings.API_ROOT\n\
             \x20   if tenants and settings.HAS_TENANTS:\n        path = f'{root}<slug:tenant>/{version}/'\n\
             \x20   else:\n        path = f'{root}{version}/'\n\
             \x20   if bare:\n        return root.lstrip('/'), path.lstrip('/')\n    else:\n        return root, path\n",
        ),
        (
            "shop/urls.py",
            "from django.urls import include, path\nfrom .roots import find_root\nfrom . import views\n\nVERSIONS = ['v1', 'v2']\n\n\n\
             def roots_of(version):\n    _, plain = find_root(version, bare=True)\n    return {'plain': plain}\n\n\n\
             ROOTS = {}\nfor v in VERSIONS:\n    ROOTS[v] = roots_of(version=v)\n\n\
             for v in VERSIONS:\n    ROOTS[v]['lists'] = [path('ping', views.ping)]\n    ROOTS[v]['lists'].append(path('pong', views.pong))\n\n\
             urlpatterns = []\nfor v in VERSIONS:\n    urlpatterns.append(path(ROOTS[v]['plain'], include(ROOTS[v]['lists'])))\n\
             urlpatterns.append(path(ROOTS['v9']['plain'], include(ROOTS['v1']['lists'])))\n",
        ),
        ("shop/views.py", "def ping(request):\n    pass\n\n\ndef pong(request):\n    pass\n"),
    ]));
    assert_eq!(
        shown(&table),
        [
            "* /shop/v1/ping shop/views.py:1 ping",
            "* /shop/v1/pong shop/views.py:5 pong",
            "* /shop/v2/ping shop/views.py:1 ping",
            "* /shop/v2/pong shop/views.py:5 pong",
        ]
    );
    // A key that nothing gave a value leads to no path that is made up.
    assert!(table.unclear.iter().any(|said| said.contains("the path is made at runtime")), "{:?}", table.unclear);
}

#[test]
fn routes_of_installed_applications_are_found_by_their_names() {
    let urls = "from importlib import import_module\nfrom django.apps import apps\nfrom django.urls import include, path\n\n\
                found = []\nfor app in apps.get_app_configs():\n    if not hasattr(app, 'Plugin'):\n        continue\n    module = import_module(app.name + '.urls')\n\
                \x20   if hasattr(module, 'urlpatterns'):\n        found.append(path(f'{app.label}/', include(module.urlpatterns)))\n\
                \x20   if hasattr(module, 'more'):\n        found += module.more\nurlpatterns = found\n";
    let one = "from django.urls import path\ndef x(request):\n    pass\nurlpatterns = [path('x', x)]\n";
    let two = "from django.urls import path\ndef y(request):\n    pass\nmore = [path('y', y)]\n";
    let table = routes(&[
        (
            "shop/settings.py",
            "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['django.contrib.auth', 'shop.one', 'shop.two.apps.Two']\n",
        ),
        ("shop/urls.py", urls),
        ("shop/one/__init__.py", ""),
        (
            "shop/one/apps.py",
            "from django.apps import AppConfig\nclass One(AppConfig):\n    class Plugin:\n        name = 'one'\n",
        ),
        ("shop/one/urls.py", one),
        ("shop/two/__init__.py", ""),
        (
            "shop/two/apps.py",
            "from django.apps import AppConfig\nclass Two(AppConfig):\n    class Plugin:\n        name = 'two'\n",
        ),
        ("shop/two/urls.py", two),
        // One that is not installed.
        ("shop/three/__init__.py", ""),
        ("shop/three/urls.py", one),
    ]);
    assert_eq!(shown(&table), ["* /one/x shop/one/urls.py:2 x", "* /y shop/two/urls.py:2 y"]);
    assert_eq!(table.unclear, Vec::<String>::new());
}

#[test]
fn a_router_of_the_project_may_have_routes_and_a_root_of_its_own() {
    let table = routes(&[
        (
            "shop/urls.py",
            "from rest_framework.routers import APIRootView, DefaultRouter, Route\nfrom .api import A\n\n\
             class Root(APIRootView):\n    pass\n\nclass Ours(DefaultRouter):\n    APIRootView = Root\n    routes = [\n\
             \x20       Route(url=r'^{prefix}/all{trailing_slash}$', mapping={'get': 'list'}, name='x', detail=False, initkwargs={}),\n    ]\n\n\
             \x20   def __init__(self):\n        super().__init__()\n        self.trailing_slash = '/?'\n\n\
             router = Ours()\nrouter.register('a', A)\nurlpatterns = router.urls\n",
        ),
        ("shop/api.py", "from rest_framework.viewsets import ModelViewSet\n\nclass A(ModelViewSet):\n    pass\n"),
    ]);
    assert_eq!(shown(&table), ["GET / shop/urls.py:4 Root.get", "GET /a/all/ shop/api.py:3 A.list"]);
}

#[test]
fn an_application_without_settings_is_read_from_its_outermost_patterns() {
    let table = find_routes(&project(&[
        ("pay/__init__.py", ""),
        ("pay/urls.py", "from django.urls import include, path\nurlpatterns = [path('v1/', include('pay.inner'))]\n"),
        ("pay/inner.py", "from django.urls import path\nfrom . import views\nurlpatterns = [path('x', views.x)]\n"),
        ("pay/views.py", "def x(request):\n    pass\n"),
        ("tests/urls.py", "from django.urls import include, path\nurlpatterns = [path('t/', include('pay.urls'))]\n"),
    ]));
    assert_eq!(shown(&table), ["* /v1/x pay/views.py:1 x"]);
}

#[test]
fn a_wrapped_view_from_outside_lists_each_middleware_once() {
    let table = find_routes(&project(&[
        (
            "shop/settings.py",
            "ROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = ['django.contrib.auth.middleware.LoginRequiredMiddleware']\n",
        ),
        (
            "shop/urls.py",
            "from django.urls import path\nfrom django.contrib.admin.views.decorators import staff_member_required\n\
             from django.views.generic import TemplateView\nurlpatterns = [\n\
             \x20   path('w', staff_member_required(TemplateView.as_view())), path('p', TemplateView.as_view()),\n]\n",
        ),
    ]));
    let names = |path: &str| guards(&table, "GET", path).into_iter().map(|guard| guard.2).collect::<Vec<_>>();
    assert_eq!(names("/w"), ["LoginRequiredMiddleware", "staff_member_required"]);
    assert_eq!(names("/p"), ["LoginRequiredMiddleware"]);
}

#[test]
fn permissions_that_depend_on_the_method_are_unknown_where_it_may_be_any() {
    let urls = "from django.urls import path\nfrom . import api\n\
                urlpatterns = [path('own', api.Own.as_view()), path('not', api.Not.as_view())]\n";
    let api = "from rest_framework.permissions import AllowAny, IsAuthenticated\nfrom rest_framework.views import APIView\n\n\
               class Own(APIView):\n    def dispatch(self, request):\n        return answer(request)\n\n\
               \x20   def get_permissions(self):\n        if self.request.method == 'GET':\n            return [AllowAny()]\n\
               \x20       return [IsAuthenticated()]\n\n\
               class Not(Own):\n    def get_permissions(self):\n        if self.request.method != 'GET':\n\
               \x20           return [IsAuthenticated()]\n        return [AllowAny()]\n";
    let table = routes(&[("shop/urls.py", urls), ("shop/api.py", api)]);
    assert_eq!(guards(&table, "GET", "/own")[0].1, GuardKind::Unknown);
    assert_eq!(guards(&table, "GET", "/not")[0].1, GuardKind::Unknown);
}

#[test]
fn a_function_that_lets_reads_pass_guards_by_its_methods() {
    let urls = "from django.urls import path\nfrom . import api\n\
                urlpatterns = [path('r', api.r), path('w', api.w), path('rw', api.rw)]\n";
    let view = |name: &str, methods: &str| {
        format!(
            "@api_view([{methods}])\n@permission_classes([IsAuthenticatedOrReadOnly])\ndef {name}(request):\n    pass\n\n"
        )
    };
    let api = format!(
        "from rest_framework.decorators import api_view, permission_classes\n\
         from rest_framework.permissions import IsAuthenticatedOrReadOnly\n\n{}{}{}",
        view("r", "'GET'"),
        view("w", "'POST'"),
        view("rw", "'GET', 'POST'")
    );
    let table = routes(&[("shop/urls.py", urls), ("shop/api.py", &api)]);
    assert_eq!(guards(&table, "GET", "/r")[0].1, GuardKind::Public);
    assert_eq!(guards(&table, "POST", "/w")[0].1, GuardKind::Authentication);
    assert_eq!(guards(&table, "POST", "/rw")[0].1, GuardKind::Unknown);
}

#[test]
fn an_action_may_say_by_place_that_it_is_for_one_thing() {
    let urls = "from rest_framework.routers import SimpleRouter\nfrom . import api\nrouter = SimpleRouter()\n\
                router.register('a', api.A)\nurlpatterns = router.urls\n";
    let api = "from rest_framework import viewsets\nfrom rest_framework.decorators import action\n\n\
               class A(viewsets.GenericViewSet):\n    @action(['post'], True)\n    def close(self, request, pk):\n        pass\n\n\
               \x20   @action(['post'], False, 'shut-all')\n    def shut(self, request):\n        pass\n";
    let table = routes(&[("shop/urls.py", urls), ("shop/api.py", api)]);
    assert_eq!(shown(&table), ["POST /a/shut-all/ shop/api.py:10 A.shut", "POST /a/{pk}/close/ shop/api.py:6 A.close"]);
}

#[test]
fn a_permission_that_is_not_known_is_never_public() {
    let kind = |classes: &str, more: &str| {
        let views = format!(
            "from rest_framework.permissions import AllowAny, IsAuthenticated\nfrom rest_framework.views import APIView\nfrom outside import Paid\n{more}\n\nclass Orders(APIView):\n    permission_classes = [{classes}]\n\n    def get(self, request):\n        pass\n"
        );
        let table = routes(&[
            (
                "shop/urls.py",
                "from django.urls import path\nfrom . import views\nurlpatterns = [path('orders', views.Orders.as_view())]\n",
            ),
            ("shop/views.py", &views),
        ]);
        guards(&table, "GET", "/orders").remove(0).1
    };
    let judged = "\n\nclass Own(AllowAny):\n    def has_permission(self, request, view):\n        return service.asks(request)\n";
    assert_eq!(kind("AllowAny", ""), GuardKind::Public);
    assert_eq!(kind("AllowAny & Paid", ""), GuardKind::Unknown);
    assert_eq!(kind("AllowAny & IsAuthenticated", ""), GuardKind::Authentication);
    assert_eq!(kind("IsAuthenticated & Paid", ""), GuardKind::Authentication);
    assert_eq!(kind("Own", judged), GuardKind::Unknown);
}
