// Everything is in memory, and seeded anew at every start.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

export const REPAIRED = process.env.REPAIRED === '1'
export const rows = { users: [], notebooks: [], notes: [], shares: [] }
export const sessions = new Map()
// For tests: the passwords that came in at sign-up.
export const passwords = []
const next = { users: 11, notebooks: 101, notes: 1001, shares: 501 }

export function insert(table, fields) {
  const row = { ...fields, id: next[table]++ }
  rows[table].push(row)
  return row
}

export function remove(table, test) {
  rows[table] = rows[table].filter((row) => !test(row))
}

export const find = (table, id) => rows[table].find((row) => row.id === Number(id))

export function hashed(password, salt = randomBytes(8).toString('hex')) {
  return `${salt}$${scryptSync(password, salt, 32, { N: 4096 }).toString('hex')}`
}

export function matches(password, stored) {
  return timingSafeEqual(Buffer.from(hashed(String(password), stored.split('$')[0])), Buffer.from(stored))
}

export function addUser(email, password, displayName, role = 'user') {
  return insert('users', { email, password: hashed(password), displayName, role, theme: 'light', credits: 20 })
}

export function seed() {
  const people = ['alma', 'bruno', 'root'].map((name) => {
    // Without a password in the environment nobody knows it.
    const password = process.env[`${name.toUpperCase()}_PASSWORD`] ?? randomBytes(18).toString('hex')
    return addUser(`${name}@notes.example`, password, `${name} seed`, name === 'root' ? 'admin' : 'user')
  })
  for (const user of people.slice(0, 2)) {
    const notebook = insert('notebooks', { ownerId: user.id, title: `Diary of ${user.displayName}` })
    for (const text of ['Doctor on Tuesday', 'Door code is 4711']) {
      insert('notes', { notebookId: notebook.id, ownerId: user.id, title: text.split(' ')[0], text: `${user.displayName}: ${text}` })
    }
  }
  // A note that its owner shares on purpose: the other one may read it.
  insert('shares', { noteId: rows.notes[0].id, ownerId: people[0].id, withUserId: people[1].id })
}
