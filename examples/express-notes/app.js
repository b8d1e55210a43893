// Notes with notebooks and shares. Weak on purpose, see PLANTED.json; with REPAIRED=1 in the environment, repaired.
import express from 'express'
import { readFileSync } from 'node:fs'
import { accounts, admin, refuse, settingsOf, signedIn, whoever } from './accounts.js'
import { notes } from './notes.js'
import { REPAIRED, find, passwords, rows, seed } from './store.js'

const app = express()
const latency = Number(process.env.LATENCY_MS ?? 0)
const document = readFileSync(new URL('openapi.yaml', import.meta.url), 'utf8')
let creating = 0

app.disable('x-powered-by')
app.disable('etag')

// For tests on loopback: every row, and what came in.
app.get('/__state', (_req, res) => res.json({ rows, creating, passwords }))
app.get('/openapi.yaml', (_req, res) => res.type('application/yaml').send(document))

app.use((req, res, next) => {
  if (req.method === 'POST' && !['/login', '/logout'].includes(req.path)) creating++
  res.set({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' })
  latency ? setTimeout(next, latency) : next()
})
app.use(express.json(), whoever, accounts, notes)

// authz/function-read, authz/function-write: in the weak version, signed in is enough.
const keeper = REPAIRED ? [signedIn, admin] : [signedIn]
app.get('/admin/users', keeper, (_req, res) => res.json(rows.users.map(settingsOf)))
app.put('/admin/users/:userId/credits', keeper, (req, res) => {
  const user = find('users', req.params.userId)
  if (!user) return refuse(res, 404, 'There is no such thing')
  if (!Number.isInteger(req.body?.credits)) return refuse(res, 400, 'credits is needed')
  user.credits = req.body.credits
  res.json(settingsOf(user))
})
app.get('/admin/stats', signedIn, admin, (_req, res) => res.json({ users: rows.users.length, notes: rows.notes.length }))

app.use((_req, res) => refuse(res, 404, 'There is no such route'))
app.use((error, _req, res, _next) => refuse(res, error.status ?? 500, 'This did not work'))

seed()
app.listen(Number(process.argv[2] ?? process.env.PORT ?? 5003), '127.0.0.1')
