//! What a test in JavaScript brings along where it needs it: changed tokens, a clock that is put back, values of an
//! answer, the application as a program of its own.

/// Names and passwords of the test's own accounts.
pub(super) const MADE_UP: &str = r#"
// The accounts of this test are made up anew each time.
const WORD = 'rw' + randomBytes(4).toString('hex')
const PASSWORD = 'Rw7!' + randomBytes(8).toString('hex')
const ids = {}

/** A word that nothing was called before. */
const fresh = () => 'rw' + randomBytes(5).toString('hex')
"#;

/// The application as a program, on a port of its own.
pub(super) const PROGRAM: &str = r#"
let started

/** The application as a program of its own on a free port, while this file is tested. */
async function start() {
  const free = createServer()
  await new Promise((resolve) => free.listen(0, '127.0.0.1', resolve))
  const { port } = free.address()
  await new Promise((resolve) => free.close(resolve))
  const environment = { ...process.env, @VARIABLE@: String(port) }
  const child = spawn(process.execPath, [@FILE@], { cwd: @FOLDER@, env: environment, stdio: 'ignore' })
  const address = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries++) {
    assert.equal(child.exitCode, null, 'the application ends by itself')
    if (await fetch(address).then(() => true, () => false)) return { address, child }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill()
  throw new Error('the application does not listen on the port that @VARIABLE@ gives')
}

@AFTER@(async () => (await started)?.child.kill())

/** The running application. */
async function place() {
  started ??= start()
  return { address: (await started).address, close: async () => {} }
}
"#;

/// The headers of an answer with supertest.
pub(super) const SUPERTEST_HEADERS: &str = r#"
/** The headers of an answer. */
async function headersOf(client, method, path, headers) {
  return (await client[method.toLowerCase()](path).redirects(0).set(headers).ok(() => true)).headers
}
"#;

/// The headers of an answer with `fetch`.
pub(super) const FETCH_HEADERS: &str = r#"
/** The headers of an answer. */
async function headersOf(client, method, path, headers) {
  const sent = { ...headers }
  if (client.cookies.size) sent.cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const { address, close } = await place()
  try {
    return Object.fromEntries((await fetch(address + path, { method, headers: sent, redirect: 'manual' })).headers)
  } finally {
    await close()
  }
}
"#;

const UNSIGNED: &str = r#"
/** The same token with the algorithm none and no signature. */
function unsigned(headers) {
  const head = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
  const changed = (value) => value.replace(/[^\s.]+\.([^.]+)\.[^.]*$/, (_, claims) => `${head}.${claims}.`)
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, changed(value)]))
}
"#;

const OLD: &str = r#"
/** Headers of a sign-in of years ago: the clock is put back while it is made. */
async function old(client) {
  const Real = Date
  const back = 10 * 365 * 86_400_000
  globalThis.Date = class extends Real {
    constructor(...parts) {
      super(...(parts.length ? parts : [Real.now() - back]))
    }

    static now() {
      return Real.now() - back
    }
  }
  try {
    return await owner(client)
  } finally {
    globalThis.Date = Real
  }
}
"#;

const VALUES_OF: &str = r#"
/** Every value that stands under a name in an answer, however deep. */
function valuesOf(shown, name) {
  if (shown === null || typeof shown !== 'object') return []
  const own = !Array.isArray(shown) && name in shown ? [shown[name]] : []
  return own.concat(...Object.values(shown).map((part) => valuesOf(part, name)))
}
"#;

/// What is called, and the text that defines it.
pub(super) const HELPERS: [(&str, &str); 3] = [("unsigned(", UNSIGNED), ("old(client)", OLD), ("valuesOf(", VALUES_OF)];
