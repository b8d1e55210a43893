"""Runs the samples for Express with jose, in a process of Node each. `auth.js` and `tokens.js` are samples themselves."""

import http.client
import json as text
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cases
import python_kit

# A store in memory that answers as Mongoose does; what it is asked is what the samples ask.
MODELS = """
class Query {
  constructor(rows) { this.rows = rows; }
  sort() { return this; }
  limit(most) { this.rows = this.rows.slice(0, most); return this; }
  then(resolve, reject) { return Promise.resolve(this.rows).then(resolve, reject); }
}
function model(rows) {
  const fits = (wanted) => (row) => Object.entries(wanted ?? {}).every(([name, value]) => row[name] === value);
  return {
    rows,
    find: (wanted) => new Query(rows.filter(fits(wanted))),
    findOne: async (wanted) => rows.find(fits(wanted)) ?? null,
    findById: async (id) => rows.find((row) => row._id === String(id)) ?? null,
    findByIdAndUpdate: async (id, change) => Object.assign(rows.find((row) => row._id === String(id)), change.$set ?? change),
    exists: async (wanted) => rows.some(fits(wanted)),
    create: async (row) => {
      const made = { _id: String(rows.length + 1), ...row, save: async () => {} };
      made.id = made._id;
      rows.push(made);
      return made;
    },
  };
}
const people = ['alice', 'bob', 'root'].map((name, at) => ({
  _id: String(at + 1), id: String(at + 1), name, username: name, email: `${name}@example.com`, bio: '',
  role: name === 'root' ? 'admin' : 'user', passwordHash: process.env.KIT_HASH, save: async () => {},
}));
const bills = ['1', '2'].map((id) => ({ _id: id, id, ownerId: id, total: Number(id) * 100 }));
const parts = ['1', '2'].map((id) => ({ _id: id, id, invoiceId: id, text: 'line' }));
export const User = model(people);
export const Invoice = model(bills);
export const InvoiceLine = model(parts);
export const Note = model([]);
export const RevokedToken = model([]);
"""
KIT = """
import * as models from './models.js';
export { models };
export const guardWith = (verify) => async (req, res, next) => {
  try {
    req.auth = await verify((req.get('authorization') ?? '').slice('Bearer '.length));
    next();
  } catch {
    res.status(401).end();
  }
};
"""
NUMBER = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
OBJECT = {"application/json": {"schema": {"type": "object"}}}
FOUND = {status: {"description": "an object", "content": OBJECT} for status in ("200", "401", "404")}
# JSON is YAML.
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Invoices", "version": "1"},
    "security": [{"bearerAuth": []}],
    "paths": {
        "/health": {"get": {"security": [], "responses": {"200": FOUND["200"]}}},
        "/invoices/{id}": {"get": {"parameters": [NUMBER], "responses": FOUND}},
    },
    "components": {"securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}}},
}
NEIGHBOURS = {
    "models.js": MODELS,
    "kit.js": KIT,
    "tokens.js": "export { verifyToken } from './verify-signature.js';\nexport { issueToken } from './strong-signing-key.js';\n",
    "auth.js": "export { requireAuth } from './verify-signature.js';\n",
    "model.js": "export const complete = async (...given) => JSON.stringify(await Promise.all(given.map(async (part) => "
    "part?.find_orders ? await part.find_orders('all') : part)));\nexport const history = async () => [];\n",
    "orders.js": "export const findOrders = (user) => `orders of ${user}`;\n",
    "notes.js": "export const readNote = (req, res) => res.end();\nexport const deleteNote = readNote;\n",
    "sign-in.js": "export const signIn = (req, res) => res.status(401).json({ error: 'wrong' });\n",
    "common-passwords.txt": "password1\n123456789\n",
    "package.json": '{"type": "module"}',
    "openapi.yaml": text.dumps(DOCUMENT),
}


class Client:
    def __init__(self, port):
        self.port = port

    def call(self, method, path, token=None, json=None, headers=None):
        headers = {"Authorization": f"Bearer {token}"} | (headers or {}) if token else dict(headers or {})
        body = None
        if json is not None:
            body, headers["Content-Type"] = text.dumps(json), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return cases.Answer(answer.status, answer.getheaders(), answer.read().decode())
        finally:
            connection.close()

    def sign_in(self, username, password):
        return self.call("POST", "/login", json={"username": username, "password": password})

    def sign_up(self, username, password):
        return self.call("POST", "/register", json={"username": username, "password": password})


class ExpressKit(python_kit.Kit):
    https = {"X-Forwarded-Proto": "https"}

    def __init__(self, samples, packages):
        super().__init__(samples)
        self.folder = tempfile.TemporaryDirectory()
        self.host = None
        place = Path(self.folder.name)
        os.symlink(Path(packages, "node_modules").resolve(), place / "node_modules")
        shutil.copy(Path(__file__).with_name("express_host.mjs"), place / "host.mjs")
        for sample in self.samples.glob("*.txt"):
            (place / f"{sample.stem}.js").write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
        for name, content in NEIGHBOURS.items():
            (place / name).write_text(content, encoding="utf-8")
        hashed = f"import b from 'bcrypt'; console.log(b.hashSync({cases.PASSWORD!r}, 4))"
        self.hash = self.node("--input-type=module", "-e", hashed).stdout.strip()

    def node(self, *arguments, **environment):
        place = {"cwd": self.folder.name, "env": os.environ | cases.ENVIRONMENT | environment}
        return subprocess.run(["node", *arguments], **place, capture_output=True, text=True, timeout=60)

    def open(self, remedy):
        environment = os.environ | cases.ENVIRONMENT | {"KIT_HASH": self.hash}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.host = subprocess.Popen(["node", "host.mjs", remedy], cwd=self.folder.name, env=environment, **pipes)
        line = self.host.stdout.readline().strip()
        if not line:
            raise cases.Failed(f"the host did not start: {self.host.stderr.read().decode()[-900:]}")
        self.client = Client(int(line))
        return self.client

    def forget(self):
        if self.host:
            self.host.communicate(timeout=20)
            self.host = None

    def products_named(self, name):
        # A pool that compares with what is bound, as no database is at hand; a text with the input in it is refused.
        script = (
            "import { findByName } from './input-as-data.js';\n"
            "const [sent, names] = JSON.parse(process.argv[1]);\n"
            "const query = async (text, [wanted]) => {\n"
            "  if (text.includes(sent) || !/= \\$1$/.test(text)) throw new Error(text);\n"
            "  return { rows: names.filter((name) => name === wanted).map((name) => ({ name })) };\n"
            "};\n"
            "console.log(JSON.stringify((await findByName({ query }, sent)).map((row) => row.name)));\n"
        )
        done = self.node("--input-type=module", "-e", script, text.dumps([name, cases.PRODUCTS]))
        if done.returncode:
            raise cases.Failed(done.stderr[-600:])
        return text.loads(done.stdout)

    def demote(self, who):
        self.client.call("POST", f"/kit/demote/{who}")

    def role_of(self, who):
        return self.client.call("GET", f"/kit/User/{who}").json()["role"]

    def owner_of_note(self, number):
        return self.client.call("GET", f"/kit/Note/{number}").json()["ownerId"]

    def document(self):
        return DOCUMENT

    def public_ids(self):
        # No database is at hand: what the model makes and what it would ask are looked at.
        script = (
            "import { Invoice, findInvoice } from './unguessable-ids.js';\n"
            "const made = new Invoice({ ownerId: '1' });\n"
            "const asked = findInvoice(made.publicId, '2').getFilter();\n"
            "console.log(JSON.stringify([made.publicId, asked]));process.exit(0);\n"
        )
        done = self.node("--input-type=module", "-e", script)
        if done.returncode:
            raise cases.Failed(done.stderr[-600:])
        public, asked = text.loads(done.stdout)
        return public, asked.get("publicId"), None if asked.get("ownerId") == "2" else asked

    def starts_with_key(self, key):
        return self.node("strong-signing-key.js", JWT_SECRET_KEY=key).returncode == 0

    def issued(self, who):
        script = f"import {{ issueToken }} from './strong-signing-key.js'; console.log(await issueToken({who!r}))"
        return self.node("--input-type=module", "-e", script).stdout.strip()


if __name__ == "__main__":
    python_kit.run_all(ExpressKit(sys.argv[1], sys.argv[2]), sys.argv[3:])
