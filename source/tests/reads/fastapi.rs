//! Routes of FastAPI applications.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::RouteEntry;

use crate::project::project;
use crate::shown::{guards, shown};

fn routes(files: &[(&str, &str)]) -> Vec<RouteEntry> {
    find_routes(&project(files)).routes
}

const SECURITY: &str = "from fastapi import Depends, HTTPException\nfrom fastapi.security import OAuth2PasswordBearer\n\
    from typing import Annotated\nscheme = OAuth2PasswordBearer(tokenUrl='token')\n\
    def get_db():\n    yield 1\n\
    def get_current_user(token: str = Depends(scheme), db=Depends(get_db)):\n    if not token:\n        \
    raise HTTPException(status_code=401)\n    return token\n\
    def get_maybe_user(db=Depends(get_db)):\n    return None\n\
    def require_role(role):\n    def inner(user=Depends(get_current_user)):\n        if user.role != role:\n            \
    raise HTTPException(403)\n    return inner\n\
    CurrentUser = Annotated[str, Depends(get_current_user)]\n";

#[test]
fn routers_prefixes_and_dependencies_at_each_level() {
    let found = routes(&[
        ("app/security.py", SECURITY),
        (
            "app/main.py",
            "from fastapi import FastAPI, Depends\nfrom app.api import router as api\n\
             app = FastAPI(dependencies=[Depends(lambda: 1)])\napp.include_router(api, prefix='/api')\n\
             @app.get('/')\nasync def root():\n    return 1\n",
        ),
        (
            "app/api/__init__.py",
            "from fastapi import APIRouter, Depends\nfrom app.security import get_current_user\nfrom . import items\n\
             router = APIRouter(prefix='/v1')\n\
             router.include_router(items.router, prefix='/items', dependencies=[Depends(get_current_user)])\n",
        ),
        (
            "app/api/items.py",
            "from fastapi import APIRouter, Depends\nfrom app.security import CurrentUser, get_maybe_user, require_role\n\
             router = APIRouter()\n\
             @router.get('')\ndef listed(user=Depends(get_maybe_user)):\n    return []\n\n\
             @router.delete(\n    '/{item_id}',\n    dependencies=[Depends(require_role('admin'))],\n)\n\
             async def remove(item_id: int, user: CurrentUser):\n    return {}\n\
             @router.websocket('/ws')\nasync def ws(socket):\n    pass\n",
        ),
    ]);
    assert_eq!(
        shown(&found),
        [
            "GET / app/main.py:6 root",
            "GET /api/v1/items app/api/items.py:5 listed",
            "DELETE /api/v1/items/{item_id} app/api/items.py:12 remove",
        ]
    );
    assert_eq!(
        guards(&found),
        [
            "/api/v1/items Depends(scheme) Authentication Router",
            "/api/v1/items Depends(get_current_user) Authentication Router",
            "/api/v1/items/{item_id} Depends(scheme) Authentication Router",
            "/api/v1/items/{item_id} Depends(get_current_user) Authentication Router",
            "/api/v1/items/{item_id} Depends(scheme) Authentication Route",
            "/api/v1/items/{item_id} Depends(get_current_user) Authentication Route",
            "/api/v1/items/{item_id} Depends(require_role('admin')) Role(\"admin\") Route",
        ]
    );
}

#[test]
fn starlette_lists_mounts_and_classes_are_read() {
    let found = routes(&[(
        "app.py",
        "from starlette.applications import Starlette\nfrom starlette.routing import Route, Mount\n\
         from starlette.endpoints import HTTPEndpoint\nfrom fastapi import FastAPI\n\
         sub = FastAPI()\n@sub.get('/in')\ndef inside():\n    return 1\n\
         async def home(request):\n    return 1\n\
         class Item(HTTPEndpoint):\n    async def get(self, request):\n        return 1\n    async def post(self, request):\n        return 1\n\
         inner = [Route('/{id:int}', Item)]\n\
         app = Starlette(routes=[Route('/', home, methods=['POST']), Mount('/items', routes=inner), Mount('/sub', app=sub)])\n",
    )]);
    assert_eq!(
        shown(&found),
        [
            "POST / app.py:9 home",
            "GET /items/{id} app.py:12 Item.get",
            "POST /items/{id} app.py:14 Item.post",
            "GET /sub/in app.py:7 inside",
        ]
    );
}

#[test]
fn a_factory_its_settings_and_calls_instead_of_decorators_are_followed() {
    let found = routes(&[
        (
            "app/settings.py",
            "import os\nclass Settings:\n    PREFIX: str = '/api/v1'\nsettings = Settings()\nROOT = os.getenv('ROOT', '/base')\n",
        ),
        (
            "app/main.py",
            "from fastapi import FastAPI\nfrom app.settings import settings, ROOT\nfrom app import parts\n\
             class Service:\n    def __init__(self):\n        self.router = parts.make()\n        \
             self.router.add_api_route('/own', self.own, methods=['PUT'])\n    def own(self):\n        return 1\n\
             def create():\n    app = FastAPI()\n    setup(app)\n    app.include_router(Service().router, prefix=ROOT)\n    return app\n\
             def setup(target: FastAPI):\n    target.include_router(parts.router, prefix=settings.PREFIX)\n    \
             for each in (parts.a, parts.b):\n        target.include_router(each.router)\n",
        ),
        (
            "app/parts/__init__.py",
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/p')\ndef make():\n    made = APIRouter()\n    @made.get('/made')\n    def handler():\n        return 1\n    return made\n@router.get('')\ndef p():\n    return 1\n",
        ),
        (
            "app/parts/a.py",
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/a')\n@router.api_route('/x', methods=['GET', 'POST'])\ndef ax():\n    return 1\n",
        ),
        (
            "app/parts/b.py",
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/b')\ndef bx():\n    return 1\nrouter.add_api_route('/x', bx)\n",
        ),
    ]);
    assert_eq!(
        shown(&found),
        [
            "GET,POST /a/x app/parts/a.py:4 ax",
            "GET /api/v1/p app/parts/__init__.py:10 p",
            "GET /b/x app/parts/b.py:3 bx",
            "GET /base/made app/parts/__init__.py:6 handler",
            "PUT /base/own app/main.py:8 Service.own",
        ]
    );
}

#[test]
fn a_dependency_that_lets_strangers_in_is_no_guard_and_its_twin_is() {
    let found = routes(&[(
        "app.py",
        "from fastapi import FastAPI, Depends, HTTPException, Security\nfrom fastapi.security import HTTPBearer, APIKeyHeader\n\
         app = FastAPI()\nloose = HTTPBearer(auto_error=False)\nstrict = HTTPBearer()\n\
         class Checker:\n    def __init__(self, role):\n        self.role = role\n    def __call__(self, token=Depends(loose)):\n        \
         if self.role not in token:\n            raise HTTPException(status_code=403)\n\
         def caught(token=Depends(loose)):\n    try:\n        if not token:\n            raise HTTPException(401)\n    \
         except Exception:\n        return None\n\
         def answered(token=Depends(loose)):\n    try:\n        return token.user\n    except Exception:\n        raise HTTPException(401)\n\
         @app.get('/a')\ndef a(user=Depends(loose)):\n    return 1\n@app.get('/b')\ndef b(user=Depends(strict)):\n    return 1\n\
         @app.get('/c', dependencies=[Depends(Checker('editor'))])\ndef c():\n    return 1\n\
         @app.get('/d')\ndef d(user=Depends(caught)):\n    return 1\n@app.get('/e')\ndef e(user=Depends(answered)):\n    return 1\n\
         @app.get('/f')\ndef f(user=Security(answered, scopes=['read', 'write'])):\n    return 1\n",
    )]);
    assert_eq!(
        guards(&found),
        [
            "/b Depends(strict) Authentication Route",
            "/c Depends(Checker('editor')) Role(\"editor\") Route",
            "/e Depends(answered) Authentication Route",
            "/f Security(answered, scopes=['read', 'write']) Role(\"read, write\") Route",
        ]
    );
}

#[test]
fn a_dependency_that_is_added_to_the_list_later_guards_that_router_alone() {
    let make = |name: &str, added: &str| {
        format!(
            "from fastapi import APIRouter, Depends, FastAPI, HTTPException\n\
             def signed_in():\n    raise HTTPException(401)\n\
             def make_{name}(enabled):\n    checks = []\n    if enabled:\n        {added}\n    \
             router = APIRouter(dependencies=checks)\n    @router.get('/{name}')\n    def {name}():\n        return 1\n    return router\n"
        )
    };
    let one = make("one", "checks.append(Depends(signed_in))");
    let two = make("two", "print(Depends(signed_in))");
    let app = "from fastapi import FastAPI\nfrom one import make_one\nfrom two import make_two\napp = FastAPI()\n\
               app.include_router(make_one(True))\napp.include_router(make_two(True))\n";
    let found = routes(&[("one.py", &one), ("two.py", &two), ("app.py", app)]);
    assert_eq!(shown(&found), ["GET /one one.py:10 one", "GET /two two.py:10 two"]);
    assert_eq!(guards(&found), ["/one Depends(signed_in) Authentication Router"]);
}
