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
