//! Routes of Express, with what runs before them.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::{FrameworkName, Guard, GuardKind, RouteEntry, RouteTable};

use crate::project::project;

fn table(files: &[(&str, &str)]) -> RouteTable {
    let mut table = find_routes(&project(files));
    table.routes.retain(|route| route.framework == FrameworkName::Express);
    table
}

/// `GET /path file:line` of each route.
fn shown(table: &RouteTable) -> Vec<String> {
    let show = |route: &RouteEntry| {
        let methods = if route.methods.is_empty() { "ALL".to_owned() } else { route.methods.join(",") };
        format!("{methods} {} {}:{}", route.path, route.handler.file, route.handler.line)
    };
    table.routes.iter().map(show).collect()
}

fn guards<'a>(table: &'a RouteTable, path: &str) -> Vec<&'a Guard> {
    table.routes.iter().find(|route| route.path == path).unwrap().guards.iter().collect()
}

fn kinds(table: &RouteTable, path: &str) -> Vec<GuardKind> {
    guards(table, path).into_iter().map(|guard| guard.kind.clone()).collect()
}

const AUTH: &str = "module.exports = function requireAuth(req, res, next) {\n  if (!req.headers.authorization) return res.status(401).end();\n  next();\n};\n";

#[test]
fn routes_of_applications_and_mounted_routers_are_found() {
    let table = table(&[
        (
            "app.js",
            "const express = require('express');\nconst app = express();\nconst users = require('./routes/users');\napp.get('/health', (req, res) => res.send('ok'));\napp.use('/api/v1', users);\napp.use('/again', users);\napp.route('/books/:id')\n  .get((req, res) => res.json({}))\n  .put(save);\nfunction save(req, res) {}\napp.all('/any', (req, res) => {});\napp.get('title');\n",
        ),
        (
            "routes/users.js",
            "const { Router } = require('express');\nconst router = Router();\nconst ctrl = require('../controllers/users');\nrouter.get('/users', ctrl.list);\nrouter.post(['/users', '/people'], ctrl.create);\nmodule.exports = router;\n",
        ),
        (
            "controllers/users.js",
            "exports.list = async (req, res) => {\n  res.json([]);\n};\nexports.create =\n  async function (req, res) {};\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "POST /again/people controllers/users.js:5",
            "GET /again/users controllers/users.js:1",
            "POST /again/users controllers/users.js:5",
            "ALL /any app.js:11",
            "POST /api/v1/people controllers/users.js:5",
            "GET /api/v1/users controllers/users.js:1",
            "POST /api/v1/users controllers/users.js:5",
            "GET /books/{id} app.js:8",
            "PUT /books/{id} app.js:10",
            "GET /health app.js:4",
        ]
    );
}

#[test]
fn routers_from_factories_lists_and_controller_classes_are_found() {
    let table = table(&[
        (
            "app.ts",
            "import express, { Application } from 'express';
import { makeRouter } from './factory';
import Orders from './orders';
class App {
  private app: Application;
  constructor() { this.app = express(); }
  async config(prefix = '/v2') {
    this.app.use(`${prefix}/f`, makeRouter({ name: 'x' }));
    this.app.use('/orders', new Orders({}).router);
    for (const route of routes) this.app[route.method](route.path, route.handler);
  }
}
const routes = [{ method: 'get', path: '/one', handler: (req, res) => res.end() }];
export async function start() { const app = new App(); await app.config(); }
",
        ),
        (
            "factory.ts",
            "import { Router } from 'express';
import wrap from 'express-async-handler';
export const makeRouter = (options: any) => {
  const router = Router();
  router.get('/made', wrap(async (req, res) => { res.json(options); }));
  return router;
};
",
        ),
        (
            "orders.ts",
            "import Controller from './controller';
export default class Orders extends Controller {
  constructor(config: any) {
    super(config);
    this.route({ method: 'delete', path: '/:id', handler: this.remove });
    this.get('/', this.list);
  }
  async list(req: any, res: any) {}
  async remove(req: any, res: any) {}
}
",
        ),
        (
            "controller.ts",
            "import { Router } from 'express';
export default class Controller {
  private app: any;
  constructor(config: any) { this.app = Router(); }
  wrapped(handler: any) {
    return async (req: any, res: any) => { try { await handler(req, res); } catch (e) { res.status(500).end(); } };
  }
  route(options: any) {
    this.app[options.method](options.path, this.wrapped(options.handler.bind(this)));
  }
  get(path: string, handler: any) { this.route({ method: 'get', path, handler }); }
  get router() { return this.app; }
}
",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "GET /one app.ts:13",
            "GET /orders orders.ts:8",
            "DELETE /orders/{id} orders.ts:9",
            "GET /v2/f/made factory.ts:5"
        ]
    );
    let remove = table.routes.iter().find(|route| route.path == "/orders/{id}").unwrap();
    assert_eq!(
        (remove.function.as_str(), remove.declared.file.as_str(), remove.declared.line),
        ("Orders.remove", "orders.ts", 5)
    );
}

#[test]
fn only_what_runs_before_a_handler_guards_it() {
    let table = table(&[
        ("auth.js", AUTH),
        (
            "app.js",
            "const express = require('express');
const auth = require('./auth');
const app = express();
const router = express.Router();
app.use(express.json());
app.use((req, res, next) => { console.log(req.url); next(); });
app.get('/before', h);
app.get('/route', auth, h);
app.get('/late', h, auth);
app.use('/api', auth);
app.get('/api/x', h);
app.get('/apix', h);
router.get('/open', h);
router.use(auth);
router.get('/shut', h);
app.use('/r', router);
app.get('/r2', h);
app.use([auth]);
app.get('/after', h);
function h(req, res) { res.end(); }
",
        ),
    ]);
    for (path, wanted) in [
        ("/before", 0),
        ("/route", 1),
        ("/late", 0),
        ("/api/x", 1),
        ("/apix", 0),
        ("/r/open", 0),
        ("/r/shut", 1),
        ("/r2", 0),
        ("/after", 1),
    ] {
        assert_eq!(kinds(&table, path), vec![GuardKind::Authentication; wanted], "{path}");
    }
    assert_eq!(guards(&table, "/route")[0].name, "auth");
}

#[test]
fn guards_are_judged_by_their_bodies() {
    let table = table(&[
        ("guards.js", "exports.attachUser = (req, res, next) => { req.user = find(req.headers.authorization); next(); };
exports.optionalAuth = (req, res, next) => { if (!req.headers.authorization) return next(); if (!valid(req)) return res.status(401).end(); next(); };
exports.requireRole = (role) => (req, res, next) => { if (req.user.role !== role) { return res.sendStatus(403); } next(); };
exports.can = (permission = 'NONE') => (req, res, next) => { const asked = [permission].filter((p) => p !== 'NONE'); if (!asked.length) { return next(); } if (req.allows(asked)) return next(); res.status(403).end(); };
exports.ensureLoggedIn = (req, res, next) => { if (!req.user) throw new UnauthorizedError(); next(); };
"),
        ("app.js", "const app = require('express')();
const passport = require('passport');
const g = require('./guards');
const h = (req, res) => res.end();
app.get('/attach', g.attachUser, h);
app.get('/optional', g.optionalAuth, h);
app.get('/role', g.requireRole('admin'), h);
app.get('/none', g.can(), h);
app.get('/some', g.can('READ'), h);
app.get('/logged', g.ensureLoggedIn, h);
app.get('/passport', passport.authenticate('jwt', { session: false }), h);
if (process.env.AUTH) app.use('/maybe', g.ensureLoggedIn);
app.get('/maybe', h);
"),
    ]);
    for (path, wanted) in [
        ("/attach", vec![]),
        ("/optional", vec![GuardKind::Unknown]),
        ("/role", vec![GuardKind::Role("admin".to_owned())]),
        ("/none", vec![]),
        ("/some", vec![GuardKind::Role("READ".to_owned())]),
        ("/logged", vec![GuardKind::Authentication]),
        ("/passport", vec![GuardKind::Authentication]),
        ("/maybe", vec![GuardKind::Unknown]),
    ] {
        assert_eq!(kinds(&table, path), wanted, "{path}");
    }
}

#[test]
fn what_only_looks_like_a_route_is_none() {
    let table = table(&[
        ("package.json", r#"{"dependencies": {"express": "4"}}"#),
        (
            "client.js",
            "import axios from 'axios';
export function load(api) { api.get('/users', { all: true }); return axios.post('/x', (a) => a); }
const map = new Map(); map.get('/a', () => 1);
",
        ),
        (
            "node.js",
            "module.exports = (RED) => {\n  RED.httpAdmin.get('/of-a-host', (req, res) => res.end());\n  RED.cache.get('/none', 1);\n};\n",
        ),
        (
            "plugin.js",
            "module.exports = (app, options) => {
  app.get('/plugged', (req, res) => res.end());
};
",
        ),
        (
            "tests/app.test.js",
            "const app = require('express')(); app.get('/only-a-test', (req, res) => res.end());
",
        ),
    ]);
    assert_eq!(shown(&table), ["GET /of-a-host node.js:2", "GET /plugged plugin.js:2"]);
}

#[test]
fn paths_made_at_runtime_are_named() {
    let table = table(&[(
        "app.js",
        "const app = require('express')();
const h = (req, res) => res.end();
app.get(process.env.P, h);
app.get(/^\\/old\\/(\\d+)$/, h);
app.get(/a|b/, h);
app.get(`${process.env.BASE}/x`, h);
app.get('/files/*splat', h);
app.get('/opt{/:id}', h);
",
    )]);
    assert_eq!(
        shown(&table),
        ["GET /files/{splat} app.js:2", "GET /old/{0} app.js:2", "GET /opt/{id} app.js:2", "GET /x app.js:2"]
    );
    assert_eq!(table.unclear.len(), 2, "{:?}", table.unclear);
}

#[test]
fn guards_on_the_way_to_a_router_reach_its_routes_only() {
    let table = table(&[
        ("auth.js", AUTH),
        (
            "app.js",
            "const express = require('express');
const auth = require('./auth');
const app = express(), admin = express(), open = express.Router();
const h = (req, res) => res.end();
admin.get('/users', h);
open.get('/news', h);
app.use('/admin', auth, admin);
app.use('/open', open);
app.all('/shut/*', auth);
app.get('/shut/:id', h);
app.get('/other/:id', h);
app.param('owner', (req, res, next, id) => { if (!req.user) return res.sendStatus(401); next(); });
open.use('/:owner', open2());
function open2() { const r = express.Router({ mergeParams: true }); r.route('/x').all(auth).get(h); return r; }
",
        ),
    ]);
    for (path, wanted) in
        [("/admin/users", 1), ("/open/news", 0), ("/shut/{id}", 1), ("/other/{id}", 0), ("/open/{owner}/x", 1)]
    {
        let of_get: Vec<&RouteEntry> =
            table.routes.iter().filter(|route| route.path == path && route.methods == ["GET"]).collect();
        assert_eq!(of_get.len(), 1, "{path}");
        assert_eq!(of_get[0].guards.len(), wanted, "{path}: {:?}", of_get[0].guards);
    }
}

#[test]
fn lists_of_handlers_keep_the_order_that_their_methods_make() {
    let app = "const express = require('express');\nconst auth = require('./auth');\nconst app = express();\n\
        const list = (req, res) => res.json([]);\n\
        const first = [list];\nfirst.unshift(auth);\napp.get('/unshift', first);\n\
        app.get('/reverse', [list, auth].reverse());\n\
        app.get('/slice', [auth, list].slice(1));\napp.get('/end', [auth, list, auth].slice(0, -1));\n\
        const shifted = [auth, list];\nshifted.shift();\napp.get('/shift', shifted);\n\
        const popped = [list, auth];\npopped.pop();\napp.get('/pop', popped);\n";
    let table = table(&[("app.js", app), ("auth.js", AUTH)]);
    let signed_in = [GuardKind::Authentication];
    assert_eq!(
        shown(&table),
        ["/end", "/pop", "/reverse", "/shift", "/slice", "/unshift"].map(|path| format!("GET {path} app.js:4"))
    );
    for path in ["/unshift", "/reverse", "/end"] {
        assert_eq!(kinds(&table, path), signed_in, "{path}");
    }
    for path in ["/slice", "/shift", "/pop"] {
        assert_eq!(kinds(&table, path), [], "{path}");
    }
}

#[test]
fn a_list_that_is_sorted_at_runtime_is_named() {
    let app = "const express = require('express');\nconst auth = require('./auth');\nconst app = express();\n\
        const steps = [{ order: 2, run: auth }, { order: 1, run: (req, res, next) => next() }];\n\
        steps.sort((a, b) => a.order - b.order).forEach(step => app.use(step.run));\napp.get('/a', (req, res) => res.end());\n\
        ['/c', '/b'].sort().forEach(path => app.get(path, (req, res) => res.end()));\n";
    let table = table(&[("app.js", app), ("auth.js", AUTH)]);
    assert_eq!(table.unclear, ["app.js:5: the order of a list is made at runtime"]);
}
