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
