// Serves one sample for Express on a free port of this machine, and says which. Its neighbours (`auth.js`, `models.js`, ...)
// stand in the same folder. Ends with its standard input.
import { createServer } from 'node:http';
import express from 'express';
import { Invoice, User } from './models.js';
import * as auth from './auth.js';
import * as kit from './kit.js';

const remedy = process.argv[2];
const sample = await import(`./${remedy}.js`);
const isWhole = sample.app !== undefined;
const app = sample.app ?? express();
const fine = (req, res) => res.json({ ok: true });

if (!isWhole && !['model-bounds', 'model-context'].includes(remedy)) {
  app.use(express.json());
}
for (const value of Object.values(sample)) {
  if (typeof value === 'function' && value.stack !== undefined && value !== sample.app) {
    app.use(remedy === 'role-check' ? '/admin' : '/', value);
  }
}
const guards = [remedy === 'enforce-expiry' ? kit.guardWith(sample.verifyToken) : auth.requireAuth];
if (sample.refuseRevoked) {
  guards.push(sample.refuseRevoked);
}
app.get('/private', ...(['require-authentication', 'untrusted-headers'].includes(remedy) ? [] : guards), fine);
app.post('/login', fine);
app.get('/fine', fine);
app.post('/echo', fine);
app.get('/refuse', () => {
  throw Object.assign(new Error('no'), { status: 401 });
});
app.get('/fault', () => {
  throw new Error('boom');
});
if (sample.requireKey) {
  app.get('/keyed', sample.requireKey, fine);
}
if (sample.requireRole && remedy === 'role-from-store') {
  app.get('/admin-only', auth.requireAuth, sample.requireRole('admin'), fine);
}
if (sample.goOn) {
  app.get('/go', (req, res) => sample.goOn(res, req.query.to));
}
if (sample.pageSize) {
  app.get('/pages', (req, res) => res.json({ limit: sample.pageSize(req) }));
}
if (remedy === 'session-cookie') {
  // The client says that it came by https, as a proxy would.
  app.set('trust proxy', true);
  app.post('/session', (req, res) => {
    req.session.user = '1';
    res.end();
  });
}
if (sample.checkPassword) {
  app.post('/register', sample.checkPassword, (req, res) => res.status(201).json({ ok: true }));
}
if (remedy === 'keep-document-true') {
  app.get('/health', fine);
  app.get('/invoices/:id', async (req, res) => {
    const own = await Invoice.findOne({ _id: String(req.params.id), ownerId: req.auth.sub });
    return own ? res.json({ id: 1 }) : res.status(404).json({ error: 'not found' });
  });
}
// What the kit asks of the store.
app.post('/kit/demote/:id', async (req, res) => {
  (await User.findById(req.params.id)).role = 'user';
  res.end();
});
app.get('/kit/:model/:id', async (req, res) => res.json(await kit.models[req.params.model].findById(req.params.id)));
// Handlers of errors come last, whenever they were added.
const { stack } = app.router;
stack.push(...stack.splice(0).sort((a, b) => (a.handle.length === 4) - (b.handle.length === 4)));

const server = createServer(app).listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
