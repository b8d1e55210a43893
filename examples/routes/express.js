// Prints the table of an Express or NestJS application at runtime as JSON lines: what the frameworks themselves hold.
//
//     node express.js ROOT DRIVER.mjs > TABLE.jsonl
//
// ROOT is the folder that is compared (see compare.py); DRIVER starts the application and comes back when its routes are
// there: `export default async function (root) {}`. Express: the stacks of its routers, with the paths that `use` was given,
// which Express 4 does not keep. NestJS: what its own router explorer maps. A handler's place is V8's [[FunctionLocation]]
// of the function that was written, behind `bind` and behind wrappers that hold it in their closure and hand it the request.
'use strict';

const fs = require('fs');
const inspector = require('inspector');
const path = require('path');
const { createRequire } = require('module');
const { fileURLToPath, pathToFileURL } = require('url');

const [rootGiven, driver] = process.argv.slice(2);
const root = fs.realpathSync(rootGiven);
const requireThere = createRequire(path.join(root, 'index.js'));
const session = new inspector.Session();
const scripts = new Map();
const rows = [];

session.connect();
session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params.url));

/** Asks the inspector; its answers about this very thread come at once. */
function ask(method, params) {
  let answer;
  session.post(method, params, (fault, result) => {
    if (fault) throw new Error(`${method}: ${fault.message}`);
    answer = result;
  });
  return answer;
}
ask('Debugger.enable');

/** What V8 keeps of a function. */
function internals(fn) {
  globalThis.__shown = fn;
  const { result } = ask('Runtime.evaluate', { expression: 'globalThis.__shown' });
  const found = ask('Runtime.getProperties', { objectId: result.objectId, ownProperties: true }).internalProperties || [];
  return Object.fromEntries(found.map((entry) => [entry.name, entry.value]));
}

/** The value behind an id of the inspector. */
function valueOf(objectId) {
  ask('Runtime.callFunctionOn', { objectId, functionDeclaration: 'function () { globalThis.__value = this; }' });
  return globalThis.__value;
}

/** The variables that a function took from the functions around it. */
function captured(scopes) {
  const variables = new Map();
  const all = ask('Runtime.getProperties', { objectId: scopes.objectId, ownProperties: true }).result;
  const isOf = (kind) => (scope) => scope.value && (scope.value.description || '').startsWith(kind);
  // The outermost closure of a CommonJS module is the module itself: its names are no wrapper's.
  const whole = all.some(isOf('Module')) ? null : all.filter(isOf('Closure')).pop();
  for (const scope of all.filter((one) => one !== whole && (isOf('Closure')(one) || isOf('Block')(one)))) {
    for (const found of ask('Runtime.getProperties', { objectId: scope.value.objectId, ownProperties: true }).result) {
      const isWanted = found.value && (found.value.type === 'function' || found.value.subtype === 'array');
      if (isWanted && !variables.has(found.name)) variables.set(found.name, valueOf(found.value.objectId));
    }
  }
  return variables;
}

/** The function that a wrapper hands its own request to. */
function wrapped(fn, scopes) {
  const text = Function.prototype.toString.call(fn);
  const parameters = /^(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\.\.\.)?([\w$]+)/.exec(text);
  if (!parameters || !scopes) return null;
  const request = `${parameters[1] ? '\\.\\.\\.' : ''}${parameters[2].replace(/\$/g, '\\$')}\\b`;
  for (const [name, value] of captured(scopes)) {
    const called = name.replace(/\$/g, '\\$');
    if (typeof value === 'function' && new RegExp(`(?<![\\w.$])${called}(\\.(call|apply)\\([^,()]*,\\s*|\\(\\s*)${request}`).test(text)) return value;
    if (Array.isArray(value) && new RegExp(`(?<![\\w.$])${called}\\.reduce\\(`).test(text)) {
      const last = value.filter((item) => typeof item === 'function').pop();
      if (last) return last;
    }
  }
  return null;
}

/** Where the function stands that was written. */
function place(fn) {
  let known = null;
  for (let turn = 0; turn < 8 && typeof fn === 'function'; turn += 1) {
    const inner = internals(fn);
    if (inner['[[TargetFunction]]']) {
      fn = valueOf(inner['[[TargetFunction]]'].objectId);
      continue;
    }
    const location = inner['[[FunctionLocation]]'] && inner['[[FunctionLocation]]'].value;
    const url = location && scripts.get(location.scriptId);
    if (!url) return known;
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const isOwn = file.startsWith(root + path.sep) && !path.relative(root, file).includes('node_modules');
    if (isOwn) known = { file: path.relative(root, file), line: location.lineNumber + 1 };
    const next = wrapped(fn, inner['[[Scopes]]']);
    if (!next || next === fn) return known;
    fn = next;
  }
  return known;
}

/** What a regular expression asks for: a parameter for each group, nothing for what may follow. */
function cleanPattern(written) {
  const source = written.slice(1, written.lastIndexOf('/')).replace(/^\^/, '').replace(/\$$/, '').replace(/\\([/.-])/g, '$1').replace(/\/\?$/, '');
  let [made, depth, isClass, groups, opened] = ['', 0, false, 0, 0];
  for (let at = 0; at < source.length; at += 1) {
    const letter = source[at];
    if (letter === '[') isClass = true;
    if (letter === ']') isClass = false;
    if (letter === '(' && !isClass) {
      if (depth === 0) opened = at;
      depth += 1;
    } else if (letter === ')' && !isClass) {
      depth -= 1;
      if (depth === 0 && !source.startsWith('(?:$|', opened)) {
        made += `{${groups}}`;
        groups += 1;
      }
    } else if (depth === 0) made += letter;
  }
  return made;
}

/** A path as clients see it. */
function clean(parts) {
  const text = parts
    .map((part) => (part.startsWith('/^') ? cleanPattern(part) : cleanText(part)))
    .join('/');
  return `/${text.split('/').filter(Boolean).join('/')}`;
}

function cleanText(written) {
  return written
    .replace(/\(\.\*\)/g, '*')
    .replace(/\/\?/g, '/')
    .replace(/:(\w+)(\([^)]*\))?[?+*]?/g, '{$1}')
    .replace(/\*(\w*)/g, (_, name) => `{${name || 'rest'}}`)
    .replace(/\{(\/[^{}]*(?:\{\w+\})?[^{}]*)\}/g, '$1');
}

function row(methods, whole, fn) {
  const found = place(fn) || { file: null, line: null };
  rows.push({ methods, path: clean(whole), file: found.file, line: found.line, function: fn.name });
}

const texts = (given) => (Array.isArray(given) ? given.flat(Infinity) : [given]).map((one) => (one instanceof RegExp ? String(one) : one));

/** Keeps the paths that `use` was given, and what was mounted. */
function keepPaths(owner) {
  const original = owner.use;
  owner.use = function use(...given) {
    const before = this.stack.length;
    const result = original.apply(this, given);
    const first = Array.isArray(given[0]) ? given[0].flat(Infinity)[0] : given[0];
    const paths = typeof first === 'function' ? ['/'] : texts(given[0]);
    for (const layer of this.stack.slice(before)) layer.__paths = paths;
    return result;
  };
}

function walk(stack, above, app, open = []) {
  for (const layer of stack) {
    if (layer.route) {
      const byMethod = new Map();
      for (const { method, handle } of layer.route.stack) {
        const key = method || '';
        if (handle.length !== 4) byMethod.set(key, handle);
      }
      for (const [method, handle] of byMethod) {
        for (const one of texts(layer.route.path)) row(method ? [method.toUpperCase()] : [], [...above, one], handle);
      }
      continue;
    }
    const mounted = app && layer.name === 'mounted_app' ? apps.filter((inner) => inner.parent === app && layer.__paths && layer.__paths.includes(inner.mountpath)) : [];
    const inner = layer.handle && Array.isArray(layer.handle.stack) ? [layer.handle.stack] : mounted.map((one) => routerOf(one).stack);
    for (const stackThere of inner.filter((one) => !open.includes(one))) {
      for (const one of layer.__paths || ['/']) walk(stackThere, [...above, one], mounted[0], [...open, stackThere]);
    }
  }
}

const apps = [];
const routerOf = (app) => app._router || app.router || { stack: [] };

function watchExpress() {
  let express;
  try {
    express = requireThere('express');
  } catch {
    return;
  }
  keepPaths(typeof express.Router.use === 'function' ? express.Router : express.Router.prototype);
  const { init } = express.application;
  express.application.init = function watched(...given) {
    apps.push(this);
    return init.apply(this, given);
  };
}

function watchNest() {
  let explorer;
  let factory;
  try {
    requireThere('reflect-metadata');
    ({ RouterExplorer: explorer } = requireThere('@nestjs/core/router/router-explorer'));
    ({ RoutePathFactory: factory } = requireThere('@nestjs/core/router/route-path-factory'));
  } catch {
    return;
  }
  const { RequestMethod } = requireThere('@nestjs/common');
  let paths = null;
  const { create } = factory.prototype;
  factory.prototype.create = function watched(...given) {
    const made = create.apply(this, given);
    if (paths) paths.push(...made);
    return made;
  };
  const apply = explorer.prototype.applyCallbackToRouter;
  explorer.prototype.applyCallbackToRouter = function watched(router, definition, ...rest) {
    paths = [];
    const result = apply.call(this, router, definition, ...rest);
    const method = RequestMethod[definition.requestMethod];
    for (const one of new Set(paths)) row(method === 'ALL' ? [] : [method], [one], definition.targetCallback);
    paths = null;
    return result;
  };
}

async function main() {
  watchExpress();
  watchNest();
  const started = await import(pathToFileURL(path.resolve(driver)).href);
  await started.default(root);
  for (const app of apps.filter((one) => !one.parent)) walk(routerOf(app).stack || [], [], app);
  const lines = rows.map((one) => JSON.stringify(one));
  fs.writeSync(1, `${[...new Set(lines)].join('\n')}\n`);
  process.exit(0);
}

main().catch((fault) => {
  process.stderr.write(`${fault.stack || fault}\n`);
  process.exit(1);
});
