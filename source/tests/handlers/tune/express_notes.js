const express = require('express');
const jwt = require('jsonwebtoken');
const mongoose = require('mongoose');

const app = express();
const router = express.Router();

const noteSchema = new mongoose.Schema({
  title: String,
  owner: { type: mongoose.Schema.Types.ObjectId, ref: 'User' },
});
const Note = mongoose.model('Note', noteSchema);
const Country = mongoose.model('Country', new mongoose.Schema({ name: String }));

function auth(req, res, next) {
  const token = req.headers.authorization;
  if (!token) return res.status(401).json({ error: 'sign in' });
  try {
    req.user = jwt.verify(token, process.env.KEY);
    next();
  } catch (err) {
    res.status(401).json({ error: 'sign in' });
  }
}

async function ownNote(req, res, next) {
  const note = await Note.findById(req.params.id);
  if (!note || String(note.owner) !== req.user.id) {
    return res.status(404).json({ error: 'not found' });
  }
  req.note = note;
  next();
}

// label: not_checked
router.get('/:id', auth, async (req, res) => {
  const note = await Note.findById(req.params.id);
  if (!note) return res.status(404).end();
  res.json(note);
});

// label: checked
router.get('/:id/scoped', auth, async (req, res) => {
  const note = await Note.findOne({ _id: req.params.id, owner: req.user.id });
  if (!note) return res.status(404).end();
  res.json(note);
});

// label: checked
router.put('/:id', auth, async (req, res, next) => {
  try {
    const note = await Note.findById(req.params.id);
    if (!note) return res.status(404).end();
    if (note.owner.toString() !== req.user.id) {
      return res.status(403).json({ error: 'forbidden' });
    }
    note.title = req.body.title;
    await note.save();
    res.json(note);
  } catch (err) {
    next(err);
  }
});

// label: not_checked
router.put('/:id/soft', auth, async (req, res) => {
  const note = await Note.findById(req.params.id);
  if (note.owner.toString() !== req.user.id) {
    res.status(403).json({ error: 'forbidden' });
  }
  note.title = req.body.title;
  await note.save();
  res.end();
});

// label: checked
router.get('/:id/guarded', auth, ownNote, (req, res) => {
  res.json(req.note);
});

// label: checked
router.delete('/:id/guarded', auth, ownNote, async (req, res) => {
  await Note.deleteOne({ _id: req.params.id });
  res.status(204).end();
});

// label: not_checked
router.delete('/:id', auth, async (req, res) => {
  await Note.findByIdAndDelete(req.params.id);
  res.status(204).end();
});

// label: checked
router.patch('/:id', auth, async (req, res) => {
  const note = await Note.findOneAndUpdate({ _id: req.params.id, owner: req.user.id }, req.body, { new: true });
  if (!note) return res.status(404).end();
  res.json(note);
});

// label: not_checked
router.patch('/:id/unequal', auth, async (req, res) => {
  const note = await Note.findOne({ _id: req.params.id, owner: { $ne: req.user.id } });
  res.json(note);
});

// label: not_applicable
router.get('/countries/:id', auth, async (req, res) => {
  res.json(await Country.findById(req.params.id));
});

// label: checked
router.get('/', auth, (req, res) => {
  Note.find({ owner: req.user.id }).then((notes) => res.json(notes));
});

// label: not_checked
router.get('/callback/:id', auth, function (req, res, next) {
  Note.findById(req.params.id, function (err, note) {
    if (err) return next(err);
    res.json(note);
  });
});

app.use('/notes', router);
