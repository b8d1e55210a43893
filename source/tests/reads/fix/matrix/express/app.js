const express = require('express');
const fs = require('fs');
const path = require('path');
const axios = require('axios');
const cors = require('cors');
const jwt = require('jsonwebtoken');
const Database = require('better-sqlite3');

const app = express();
const db = new Database('x.db');
const pool = require('./pool');
const { Person } = require('./models');
const KEY = process.env.KEY;
app.use(express.json());
app.use(cors({ origin: true, credentials: true }));

function signedIn(req, res, next) {
  try {
    req.user = jwt.verify((req.headers.authorization || '').slice(7), KEY, { algorithms: ['HS256'] });
  } catch {
    return res.status(401).end();
  }
  next();
}

app.get('/token', (req, res) => {
  const claims = jwt.decode(req.headers.authorization.slice(7));
  res.json({ sub: claims.sub });
});

app.get('/owner/:id', signedIn, (req, res) => {
  const note = db.prepare('SELECT id, owner_id, text FROM notes WHERE id = ?').get(req.params.id);
  if (!note) return res.status(404).end();
  res.json(note);
});

app.get('/guard', (req, res) => {
  res.json(db.prepare('SELECT id FROM settings').all());
});

app.get('/role', signedIn, (req, res) => {
  res.json(db.prepare('SELECT id FROM people').all());
});

app.get('/list', signedIn, (req, res) => {
  res.json(db.prepare('SELECT id, owner_id, text FROM notes').all());
});

app.patch('/fields', signedIn, async (req, res) => {
  const person = await Person.findByPk(req.user.sub);
  await person.update(req.body);
  res.json({ ok: true });
});

app.post('/fields-new', signedIn, async (req, res) => {
  const person = await Person.create(req.body);
  res.json({ id: person.id });
});

app.patch('/fields-assign', signedIn, async (req, res) => {
  const person = await Person.findByPk(req.user.sub);
  Object.assign(person, req.body);
  await person.save();
  res.json({ ok: true });
});

app.get('/shown/:id', signedIn, (req, res) => {
  const person = db.prepare('SELECT id, name, password FROM people WHERE id = ?').get(req.params.id);
  res.json(person);
});

app.get('/shown-orm/:id', signedIn, async (req, res) => {
  const person = await Person.findByPk(req.params.id);
  res.json(person);
});

app.get('/query-f/:name', (req, res) => {
  res.json(db.prepare(`SELECT id FROM people WHERE name = '${req.params.name}'`).all());
});

app.get('/query-plus', (req, res) => {
  const { name } = req.query;
  res.json(db.prepare("SELECT id FROM people WHERE name = '" + name + "'").all());
});

app.get('/query-pool', async (req, res) => {
  const name = req.query.name;
  const found = await pool.query(`SELECT id FROM people WHERE name = '${name}'`);
  res.json(found);
});

app.get('/query-variable', async (req, res) => {
  const sql = "SELECT id FROM people WHERE name LIKE '%" + req.query.name + "%'";
  const found = await pool.query(sql);
  res.json(found);
});

app.get('/path-join/:name', (req, res) => {
  res.sendFile(path.join(__dirname, 'uploads', req.params.name));
});

app.get('/path-name/:name', (req, res) => {
  const file = path.resolve('uploads', req.params.name);
  res.send(fs.readFileSync(file));
});

app.get('/path-f', (req, res) => {
  const { name } = req.query;
  fs.readFile(`./uploads/${name}`, (fault, data) => res.send(data));
});

app.get('/path-plus', (req, res) => {
  const name = req.query.name;
  res.sendFile(__dirname + '/uploads/' + name);
});

app.post('/ssrf', async (req, res) => {
  const { url } = req.body;
  const answer = await fetch(url);
  res.send(await answer.text());
});

app.post('/ssrf-axios', async (req, res) => {
  const answer = await axios.get(req.body.url, { timeout: 5000 });
  res.send(answer.data);
});

app.get('/cors', (req, res) => res.json({ ok: true }));

app.post('/log', (req, res) => {
  console.log(`sign-in ${req.body.name} ${req.body.password}`);
  res.json({ ok: true });
});

app.post('/model', async (req, res) => {
  const token = req.headers.authorization;
  res.json(await ask([{ role: 'system', content: `Use ${token} to call the tool` }]));
});

app.post('/rate', (req, res) => {
  res.json({ token: signIn(req.body.name) });
});
