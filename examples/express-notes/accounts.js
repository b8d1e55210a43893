// Sign-up, sign-in, sign-out and the caller's settings.
import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import { REPAIRED, addUser, find, matches, passwords, rows, sessions } from './store.js'

export const accounts = Router()
const failures = new Map()
const TRIES = 8
const WINDOW_MS = 60_000

const sessionOf = (req) => /(?:^|;\s*)sid=([a-f0-9]+)/.exec(req.headers.cookie ?? '')?.[1]

/** Whoever the cookie belongs to becomes `req.user`. */
export function whoever(req, _res, next) {
  req.user = find('users', sessions.get(sessionOf(req)))
  next()
}

export const refuse = (res, status, error) => res.status(status).json({ error })

export function signedIn(req, res, next) {
  return req.user ? next() : refuse(res, 401, 'Sign in first')
}

export function admin(req, res, next) {
  return req.user.role === 'admin' ? next() : refuse(res, 403, 'Administrators only')
}

function start(res, user) {
  const sid = randomBytes(24).toString('hex')
  sessions.set(sid, user.id)
  res.cookie('sid', sid, { httpOnly: true, sameSite: 'lax', path: '/' })
}

export const settingsOf = ({ id, email, displayName, role, theme, credits }) => ({ id, email, displayName, role, theme, credits })

accounts.post('/signup', (req, res) => {
  const { email, password, displayName } = req.body ?? {}
  passwords.push(password)
  if (![email, password, displayName].every((value) => typeof value === 'string' && value)) {
    return refuse(res, 400, 'email, password and displayName are needed')
  }
  if (!/^[^@\s]+@[^@\s]+\.\w+$/.test(email)) return refuse(res, 400, 'email is no address')
  // authn/weak-password-accepted: the weak version takes any.
  if (REPAIRED && !(password.length >= 10 && /[a-z]/i.test(password) && /\d/.test(password))) {
    return refuse(res, 400, 'password needs 10 characters, a letter and a digit among them')
  }
  if (rows.users.some((user) => user.email === email)) return refuse(res, 409, 'This address cannot be used')
  const user = addUser(email, password, displayName)
  start(res, user)
  res.status(201).json(settingsOf(user))
})

accounts.post('/login', (req, res) => {
  const { email, password } = req.body ?? {}
  const recent = (failures.get(email) ?? []).filter((at) => at > Date.now() - WINDOW_MS)
  // authn/no-throttling: the weak version lets one guess on.
  if (REPAIRED && recent.length >= TRIES) return refuse(res.set('Retry-After', '60'), 429, 'Too many tries')
  const user = rows.users.find((row) => row.email === email)
  // authn/user-enumeration: the weak version says which of the two is wrong.
  if (!user && !REPAIRED) return refuse(res, 404, 'There is no account with this address')
  if (!user || !matches(password, user.password)) {
    failures.set(email, [...recent, Date.now()])
    return refuse(res, 401, REPAIRED ? 'Wrong address or password' : 'Wrong password')
  }
  start(res, user)
  res.json(settingsOf(user))
})

accounts.post('/logout', signedIn, (req, res) => {
  // token/logout-ineffective: the weak version clears the cookie in the browser alone.
  if (REPAIRED) sessions.delete(sessionOf(req))
  res.clearCookie('sid', { path: '/' }).status(204).end()
})

accounts.get('/me/settings', signedIn, (req, res) => res.json(settingsOf(req.user)))

accounts.patch('/me/settings', signedIn, (req, res) => {
  const allowed = ['displayName', 'theme']
  // property/mass-assignment, authz/role-escalation: the weak version takes credits and role too.
  if (!REPAIRED) allowed.push('credits', 'role')
  for (const name of allowed) if (name in (req.body ?? {})) req.user[name] = req.body[name]
  res.json(settingsOf(req.user))
})

accounts.put('/me/avatar', signedIn, (req, res) => {
  // Says what it got, unknown fields too, and keeps nothing: pictures are drawn elsewhere.
  res.status(202).json({ status: 'queued', ...req.body })
})
