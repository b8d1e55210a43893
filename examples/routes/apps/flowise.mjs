// flowise: the class of its server, configured over packages that answer nothing where they are not installed.
import Module, { createRequire } from 'module';
import path from 'path';

const nothing = new Proxy(function nothing() {}, {
  get: (target, name) => {
    if (name === 'then' || name === '__esModule') return undefined;
    if (name === 'prototype') return target.prototype;
    return name === Symbol.toPrimitive ? () => '' : name === Symbol.iterator ? [][Symbol.iterator] : nothing;
  },
  apply: () => nothing,
  construct: () => ({}),
});

export default async function start(root) {
  const { _load: load } = Module;
  Module._load = function stubbed(name, ...rest) {
    try {
      return load.call(this, name, ...rest);
    } catch (fault) {
      if (fault.code === 'MODULE_NOT_FOUND' && !name.startsWith('.')) return nothing;
      throw fault;
    }
  };
  const there = createRequire(path.join(root, 'index.js'));
  for (const name of ['EXPRESS_SESSION_SECRET', 'JWT_AUTH_TOKEN_SECRET', 'JWT_REFRESH_TOKEN_SECRET', 'TOKEN_HASH_SECRET']) process.env[name] = name;
  await there(path.join(root, 'enterprise/utils/authSecrets.js')).initAuthSecrets();
  const server = there(path.join(root, 'index.js'));
  server.App.prototype.initDatabase = async function withoutDatabase() {
    this.nodesPool = nothing;
    this.telemetry = nothing;
    this.identityManager = { initializeSSO: async () => {}, getPlatformType: () => 'open source', isLicenseValid: () => true };
  };
  Object.assign(process.env, { HOST: '127.0.0.1', PORT: String(20000 + (process.pid % 20000)) });
  await server.start().catch((fault) => process.stderr.write(`${fault.stack}\n`));
}
