// Notebooks, the notes in them, and shares of notes.
import { Router } from 'express'
import { refuse, signedIn } from './accounts.js'
import { REPAIRED, find, insert, remove, rows } from './store.js'

export const notes = Router()
const missing = (res) => refuse(res, 404, 'There is no such thing')
const mine = (req, row) => row?.ownerId === req.user.id
const text = (value, otherwise) => (typeof value === 'string' ? value : otherwise)
const shared = (req, note) => rows.shares.some((share) => share.noteId === note.id && share.withUserId === req.user.id)

notes.get('/templates', (_req, res) => res.json([{ id: 1, title: 'Shopping list' }, { id: 2, title: 'Minutes' }]))
notes.get('/templates/:id', (req, res) => {
  const found = { 1: 'Shopping list', 2: 'Minutes' }[req.params.id]
  return found ? res.json({ id: Number(req.params.id), title: found }) : missing(res)
})

notes.get('/notebooks', signedIn, (req, res) => res.json(rows.notebooks.filter((row) => mine(req, row))))

notes.post('/notebooks', signedIn, (req, res) => {
  if (!text(req.body?.title)) return refuse(res, 400, 'title is needed')
  res.status(201).json(insert('notebooks', { ownerId: req.user.id, title: req.body.title }))
})

notes.get('/notebooks/:notebookId', signedIn, (req, res) => {
  const notebook = find('notebooks', req.params.notebookId)
  // authz/bola-read: the weak version does not ask whose it is.
  if (!notebook || (REPAIRED && !mine(req, notebook))) return missing(res)
  res.json(notebook)
})

notes.patch('/notebooks/:notebookId', signedIn, (req, res) => {
  const notebook = find('notebooks', req.params.notebookId)
  if (!notebook) return missing(res)
  // Answers 200 with what was asked for, whoever asks; changes the caller's alone.
  const title = text(req.body?.title, '')
  if (mine(req, notebook) && title) notebook.title = title
  res.json({ id: notebook.id, title })
})

notes.delete('/notebooks/:notebookId', signedIn, (req, res) => {
  const id = Number(req.params.notebookId)
  if (!mine(req, find('notebooks', id))) return missing(res)
  const inside = new Set(rows.notes.filter((note) => note.notebookId === id).map((note) => note.id))
  remove('shares', (share) => inside.has(share.noteId))
  remove('notes', (note) => inside.has(note.id))
  remove('notebooks', (notebook) => notebook.id === id)
  res.status(204).end()
})

notes.get('/notebooks/:notebookId/notes', signedIn, (req, res) => {
  if (!mine(req, find('notebooks', req.params.notebookId))) return missing(res)
  res.json(rows.notes.filter((note) => note.notebookId === Number(req.params.notebookId)))
})

notes.post('/notebooks/:notebookId/notes', signedIn, (req, res) => {
  const notebook = find('notebooks', req.params.notebookId)
  if (!mine(req, notebook)) return missing(res)
  if (!text(req.body?.title) || typeof req.body.text !== 'string') return refuse(res, 400, 'title and text are needed')
  // authz/bola-body: the weak version believes the body about the author.
  const ownerId = !REPAIRED && Number.isInteger(req.body.ownerId) ? req.body.ownerId : req.user.id
  res.status(201).json(insert('notes', { notebookId: notebook.id, ownerId, title: req.body.title, text: req.body.text }))
})

notes.get('/notes', signedIn, (req, res) => {
  // authz/bola-list: in the weak version, everybody's notes can be searched.
  const all = rows.notes.filter((note) => !REPAIRED || mine(req, note))
  res.json(all.filter((note) => note.text.includes(req.query.q ?? '')))
})

notes.get('/notes/:noteId', signedIn, (req, res) => {
  const note = find('notes', req.params.noteId)
  if (!note || !(mine(req, note) || shared(req, note))) return missing(res)
  res.json(note)
})

notes.put('/notes/:noteId', signedIn, (req, res) => {
  const note = find('notes', req.params.noteId)
  // authz/bola-write.
  if (!note || (REPAIRED && !mine(req, note))) return missing(res)
  note.title = text(req.body?.title, note.title)
  note.text = text(req.body?.text, note.text)
  res.json(note)
})

notes.delete('/notes/:noteId', signedIn, (req, res) => {
  // 204 whatever the id is; only the caller's own goes away.
  const note = find('notes', req.params.noteId)
  if (mine(req, note)) {
    remove('shares', (share) => share.noteId === note.id)
    remove('notes', (row) => row.id === note.id)
  }
  res.status(204).end()
})

notes.put('/notes/:noteId/pin', (req, res) => {
  // authn/missing-write: the weak version forgot `signedIn`.
  const note = find('notes', req.params.noteId)
  if (REPAIRED && !req.user) return refuse(res, 401, 'Sign in first')
  if (!note || (REPAIRED && !mine(req, note))) return missing(res)
  note.pinned = req.body?.pinned === true
  res.json(note)
})

notes.get('/notes/:noteId/shares', signedIn, (req, res) => {
  if (!mine(req, find('notes', req.params.noteId))) return missing(res)
  res.json(rows.shares.filter((share) => share.noteId === Number(req.params.noteId)))
})

notes.post('/notes/:noteId/shares', signedIn, (req, res) => {
  const note = find('notes', req.params.noteId)
  if (!mine(req, note)) return missing(res)
  const other = rows.users.find((user) => user.email === req.body?.email)
  // Says the same whether there is such a person or not, and shares with nobody if there is not.
  res.status(201).json(insert('shares', { noteId: note.id, ownerId: req.user.id, withUserId: other?.id ?? null }))
})

notes.delete('/shares/:shareId', signedIn, (req, res) => {
  const share = find('shares', req.params.shareId)
  // authz/bola-delete.
  if (!share || (REPAIRED && !mine(req, share))) return missing(res)
  remove('shares', (row) => row.id === share.id)
  res.status(204).end()
})
