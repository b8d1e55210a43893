//! Routes of Flask applications.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::{GuardKind, GuardLevel, RouteEntry};

use crate::project::project;
use crate::shown::{guards, shown};

fn routes(files: &[(&str, &str)]) -> Vec<RouteEntry> {
    find_routes(&project(files)).routes
}

#[test]
fn decorators_and_blueprints_give_paths_methods_and_lines() {
    let found = routes(&[
        (
            "shop/__init__.py",
            "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    from .orders import bp\n    \
             app.register_blueprint(bp, url_prefix='/v2/orders')\n    from . import users\n    \
             app.register_blueprint(users.bp)\n    @app.route('/health')\n    def health():\n        return 'ok'\n    \
             return app\n",
        ),
        (
            "shop/orders.py",
            "from flask import Blueprint, abort, session\nbp = Blueprint('orders', __name__, url_prefix='/orders')\n\
             @bp.before_request\ndef signed_in():\n    if 'user' not in session:\n        abort(401)\n\n\
             @bp.get('/<int:order_id>/')\n@bp.route('/<int:order_id>/edit', methods=['POST', 'PUT'])\n\
             def order(order_id):\n    return {}\n",
        ),
        (
            "shop/users.py",
            "from flask import Blueprint\nbp = Blueprint('users', __name__, url_prefix='/users')\n\
             @bp.route('')\ndef users():\n    return []\n",
        ),
    ]);
    assert_eq!(
        shown(&found),
        [
            "GET /health shop/__init__.py:9 health",
            "GET /users shop/users.py:4 users",
            "GET /v2/orders/{order_id}/ shop/orders.py:10 order",
            "POST,PUT /v2/orders/{order_id}/edit shop/orders.py:10 order",
        ]
    );
    let guard = found.iter().find(|route| route.path.ends_with("edit")).unwrap().guards.first().unwrap();
    assert_eq!((guard.name.as_str(), guard.level), ("signed_in", GuardLevel::Router));
    assert_eq!(guard.kind, GuardKind::Authentication);
    assert!(found.iter().filter(|route| !route.path.starts_with("/v2")).all(|route| route.guards.is_empty()));
}

#[test]
fn a_guard_counts_only_below_the_route_and_where_it_refuses() {
    let found = routes(&[(
        "app.py",
        "from flask import Flask, abort, g\nfrom flask_login import login_required\nfrom functools import wraps\n\
         app = Flask(__name__)\n\
         def admin_only(f):\n    @wraps(f)\n    def inner(*a, **k):\n        if not g.user.admin:\n            abort(403)\n        \
         return f(*a, **k)\n    return inner\n\
         def check_user(f):\n    @wraps(f)\n    def inner(*a, **k):\n        print('seen')\n        return f(*a, **k)\n    return inner\n\
         @app.get('/a')\n@login_required\ndef a():\n    return ''\n\
         @login_required\n@app.get('/b')\ndef b():\n    return ''\n\
         @app.get('/c')\n@admin_only\ndef c():\n    return ''\n\
         @app.get('/d')\n@check_user\ndef d():\n    return ''\n",
    )]);
    assert_eq!(guards(&found), ["/a login_required Authentication Route", "/c admin_only Role(\"admin\") Route"]);
}

#[test]
fn blueprints_nest_and_are_mounted_twice_and_a_loop_keeps_each_prefix_with_its_own() {
    let found = routes(&[
        (
            "app.py",
            "from flask import Flask\nfrom parts import outer, left, right\napp = Flask(__name__)\n\
             app.register_blueprint(outer)\napp.register_blueprint(outer, url_prefix='/again', name='again')\n\
             for bp, prefix in [(left, '/l'), (right, '/r')]:\n    app.register_blueprint(bp, url_prefix=prefix)\n",
        ),
        (
            "parts.py",
            "from flask import Blueprint\nouter = Blueprint('outer', __name__, url_prefix='/outer')\n\
             inner = Blueprint('inner', __name__, url_prefix='/inner')\nouter.register_blueprint(inner)\n\
             left = Blueprint('left', __name__)\nright = Blueprint('right', __name__)\n\
             @inner.get('/x')\ndef x():\n    return ''\n@left.get('/a')\ndef a():\n    return ''\n\
             @right.get('/b')\ndef b():\n    return ''\n",
        ),
    ]);
    assert_eq!(
        shown(&found),
        [
            "GET /again/inner/x parts.py:8 x",
            "GET /l/a parts.py:11 a",
            "GET /outer/inner/x parts.py:8 x",
            "GET /r/b parts.py:14 b",
        ]
    );
}

#[test]
fn classes_answer_by_their_methods_with_the_decorators_of_each_kind() {
    let found = routes(&[(
        "app.py",
        "from flask import Flask, Blueprint\nfrom flask.views import MethodView, View\n\
         from flask_restful import Api, Resource\nfrom flask_jwt_extended import jwt_required\n\
         app = Flask(__name__)\nbp = Blueprint('b', __name__)\napi = Api(bp, prefix='/v1')\n\
         class Base(MethodView):\n    decorators = [jwt_required()]\n    def get(self, id=None):\n        return ''\n\
         class Item(Base):\n    def delete(self, id):\n        return ''\n\
         class Old(View):\n    methods = ['POST']\n    def dispatch_request(self):\n        return ''\n\
         class Rest(Resource):\n    method_decorators = {'put': [jwt_required()]}\n    def get(self):\n        return 1\n    \
         def put(self):\n        return 1\n\
         view = Item.as_view('item')\napp.add_url_rule('/items/<uuid:id>', view_func=view, methods=['GET', 'DELETE'])\n\
         app.add_url_rule('/items/', view_func=jwt_required()(view), defaults={'id': None}, methods=['GET'])\n\
         app.add_url_rule('/old', view_func=Old.as_view('old'))\n\
         api.add_resource(Rest, '/rest', '/rest/<int:n>')\napp.register_blueprint(bp, url_prefix='/api')\n",
    )]);
    assert_eq!(
        shown(&found),
        [
            "GET /api/v1/rest app.py:21 Rest.get",
            "PUT /api/v1/rest app.py:23 Rest.put",
            "GET /api/v1/rest/{n} app.py:21 Rest.get",
            "PUT /api/v1/rest/{n} app.py:23 Rest.put",
            "GET /items/ app.py:10 Item.get",
            "DELETE /items/{id} app.py:13 Item.delete",
            "GET /items/{id} app.py:10 Item.get",
            "POST /old app.py:17 Old.dispatch_request",
        ]
    );
    let guarded: Vec<_> = found.iter().filter(|route| !route.guards.is_empty()).map(|route| &*route.function).collect();
    assert_eq!(guarded, ["Rest.put", "Rest.put", "Item.get", "Item.delete", "Item.get"]);
}

#[test]
fn namespaces_and_class_decorators_of_restx_and_smorest_are_routes() {
    let found = routes(&[
        (
            "rest.py",
            "from flask import Flask\nfrom flask_restx import Api, Namespace, Resource\napp = Flask(__name__)\n\
             api = Api(app, prefix='/api')\nusers = Namespace('users')\napi.add_namespace(users)\n\
             pets = api.namespace('pets', path='/animals')\n\
             @users.route('/', '/<int:id>')\nclass Users(Resource):\n    @users.doc('x')\n    def get(self, id=None):\n        return 1\n\
             @pets.route('/all')\nclass Pets(Resource):\n    def post(self):\n        return 1\n",
        ),
        (
            "smore.py",
            "from flask import Flask\nfrom flask.views import MethodView\nfrom flask_smorest import Api, Blueprint\n\
             def create():\n    app = Flask(__name__)\n    api = Api()\n    api.init_app(app)\n    \
             api.register_blueprint(blp, url_prefix='/things')\n    return app\n\
             blp = Blueprint('things', __name__, url_prefix='/t')\n\
             @blp.route('/<id>')\nclass Thing(MethodView):\n    @blp.response(200)\n    def get(self, id):\n        return 1\n",
        ),
    ]);
    assert_eq!(
        shown(&found),
        [
            "POST /api/animals/all rest.py:15 Pets.post",
            "GET /api/users/ rest.py:11 Users.get",
            "GET /api/users/{id} rest.py:11 Users.get",
            "GET /things/{id} smore.py:14 Thing.get",
        ]
    );
}

#[test]
fn each_call_of_a_function_that_registers_keeps_path_and_handler_together() {
    let found = routes(&[(
        "app.py",
        "from flask import Flask\napp = Flask(__name__)\nPREFIX = '/api'\n\
         def register(view, url, **options):\n    full = PREFIX + url\n    app.add_url_rule(full, view_func=view, **options)\n\
         def route(path, **options):\n    return app.route(PREFIX + path, **options)\n\
         def one():\n    return ''\ndef two():\n    return ''\n\
         register(one, '/one')\nregister(two, url='/two')\n\
         SETTINGS = {'methods': ['POST']}\n@route('/three')\ndef three():\n    return ''\n\
         @app.route('/four', **SETTINGS)\ndef four():\n    return ''\n",
    )]);
    assert_eq!(
        shown(&found),
        [
            "GET /api/one app.py:9 one",
            "GET /api/three app.py:17 three",
            "GET /api/two app.py:11 two",
            "POST /four app.py:20 four",
        ]
    );
}

#[test]
fn operations_of_a_connexion_document_lead_to_their_functions() {
    let found = routes(&[
        (
            "app.py",
            "import connexion\napp = connexion.FlaskApp(__name__)\napp.add_api('openapi.yaml', base_path='/v2')\n",
        ),
        ("api/pets.py", "def search():\n    return []\n\ndef read(id):\n    return {}\n"),
        (
            "openapi.yaml",
            "openapi: 3.0.0\nsecurity:\n  - key: []\npaths:\n  /pets:\n    get:\n      operationId: api.pets.search\n      \
             security: []\n  /pets/{id}:\n    get:\n      operationId: read\n      x-openapi-router-controller: api.pets\n",
        ),
    ]);
    assert_eq!(shown(&found), ["GET /v2/pets api/pets.py:1 search", "GET /v2/pets/{id} api/pets.py:4 read"]);
    assert_eq!(guards(&found), ["/v2/pets/{id} key Authentication Route"]);
}

#[test]
fn what_tests_and_other_libraries_do_is_no_route() {
    let found = routes(&[
        ("app.py", "from flask import Flask\napp = Flask(__name__)\n@app.get('/a')\ndef a():\n    return ''\n"),
        (
            "tests/test_app.py",
            "from flask import Flask\napp = Flask(__name__)\n@app.get('/t')\ndef t():\n    return ''\n",
        ),
        (
            "client.py",
            "import requests\nfrom bots import bot\n@bot.get('/d')\ndef d():\n    return ''\nclass Client:\n    def route(self, path):\n        return print\n\
             client = Client()\n@client.route('/b')\ndef b():\n    return requests.get('/c')\n",
        ),
    ]);
    assert_eq!(shown(&found), ["GET /a app.py:4 a"]);
}

#[test]
fn a_hook_in_a_loop_guards_the_blueprints_of_the_loop_and_no_others() {
    let found = routes(&[(
        "app.py",
        "from flask import Flask, Blueprint, abort, request\napp = Flask(__name__)\n\
         a = Blueprint('a', __name__)\nb = Blueprint('b', __name__)\n\
         def signed_in():\n    if not request.headers.get('Authorization'):\n        abort(401)\n\
         for each in (a,):\n    each.before_request(signed_in)\n\
         for each in make_some():\n    each.before_request(signed_in)\n\
         @a.get('/a')\ndef one():\n    return ''\n@b.get('/b')\ndef two():\n    return ''\n\
         app.register_blueprint(a)\napp.register_blueprint(b)\n",
    )]);
    assert_eq!(shown(&found), ["GET /a app.py:13 one", "GET /b app.py:16 two"]);
    assert_eq!(guards(&found), ["/a signed_in Authentication Router"]);
}

#[test]
fn a_list_of_paths_and_classes_is_read_where_a_function_goes_over_it_and_modules_by_their_names() {
    let found = routes(&[
        (
            "shop/app.py",
            "import importlib\nfrom flask import Flask\nNAMES = ['orders', 'users']\ndef create():\n    app = Flask(__name__)\n    \
             for name in NAMES:\n        module = importlib.import_module(f'shop.parts.{name}')\n        \
             app.register_blueprint(module.blueprint)\n    return app\n",
        ),
        (
            "shop/tools.py",
            "def configure(blueprint, pairs, guards=None):\n    for path, resource in pairs:\n        view = resource.as_view(path)\n        \
             for guard in guards or []:\n            view = guard(view)\n        blueprint.add_url_rule(path, view_func=view)\n    return blueprint\n",
        ),
        (
            "shop/parts/orders.py",
            "from flask import Blueprint\nfrom flask.views import MethodView\nfrom shop.tools import configure\n\
             class Orders(MethodView):\n    def get(self):\n        return []\nclass Order(MethodView):\n    def put(self, id):\n        return 1\n\
             pairs = [('/orders', Orders), ('/orders/<id>', Order)]\nblueprint = Blueprint('orders', __name__)\nconfigure(blueprint, pairs)\n",
        ),
        (
            "shop/parts/users.py",
            "from flask import Blueprint\nfrom flask.views import MethodView\nfrom shop.tools import configure\n\
             class Users(MethodView):\n    def get(self):\n        return []\n\
             blueprint = Blueprint('users', __name__, url_prefix='/u')\n\
             from flask_jwt_extended import jwt_required\nconfigure(blueprint, [('/users', Users)], [jwt_required()])\n",
        ),
    ]);
    assert_eq!(
        shown(&found),
        [
            "GET /orders shop/parts/orders.py:5 Orders.get",
            "PUT /orders/{id} shop/parts/orders.py:8 Order.put",
            "GET /u/users shop/parts/users.py:5 Users.get",
        ]
    );
    assert_eq!(guards(&found), ["/u/users jwt_required() Authentication Route"]);
}
