import express from 'express';
import asyncHandler from 'express-async-handler';
import passport from 'passport';
import Post from './models/post.js';
import { Bookmark } from './models/bookmark.js';
import db from './db.js';

const router = express.Router();
const authenticated = passport.authenticate('jwt', { session: false });

class PostService {
  async get(id) {
    return Post.findById(id).populate('author');
  }

  async assertAuthor(post, user) {
    if (!post.author._id.equals(user._id) && user.role !== 'admin') {
      throw new Error('forbidden');
    }
  }
}

const service = new PostService();

const load = asyncHandler(async (req, res, next) => {
  req.post = await Post.findById(req.params.postId);
  if (!req.post) {
    res.status(404);
    throw new Error('not found');
  }
  next();
});

const authorOnly = (req, res, next) => {
  if (req.post.author.toString() === req.user.id) {
    return next();
  }
  return res.status(403).json({ message: 'forbidden' });
};

// label: checked
router.put('/posts/:postId', authenticated, load, authorOnly, asyncHandler(async (req, res) => {
  req.post.title = req.body.title;
  await req.post.save();
  res.json(req.post);
}));

// label: not_checked
router.delete('/posts/:postId', authenticated, load, asyncHandler(async (req, res) => {
  await req.post.deleteOne();
  res.status(204).end();
}));

// label: checked
router.patch('/posts/:postId', authenticated, async (req, res, next) => {
  try {
    const { postId } = req.params;
    const post = await service.get(postId);
    await service.assertAuthor(post, req.user);
    post.set(req.body);
    await post.save();
    return res.json(post);
  } catch (error) {
    return next(error);
  }
});

// label: not_checked
router.patch('/any/:postId', authenticated, async (req, res, next) => {
  const { postId } = req.params;
  const post = await service.get(postId);
  service.assertAuthor(post, post.author);
  post.set(req.body);
  await post.save();
  return res.json(post);
});

// label: checked
router.get('/bookmarks/:id', authenticated, (req, res, next) => {
  const { id: userId } = req.user;
  Bookmark.findOne({ where: { id: req.params.id, userId } })
    .then((bookmark) => {
      if (!bookmark) {
        return res.status(404).send('not found');
      }
      return res.send(bookmark);
    })
    .catch(next);
});

// label: not_checked
router.get('/bookmarks/:id/plain', authenticated, (req, res, next) => {
  Bookmark.findByPk(req.params.id)
    .then((bookmark) => res.send(bookmark))
    .catch(next);
});

// label: not_checked
router.get('/bookmarks/:id/swallow', authenticated, async (req, res) => {
  const bookmark = await Bookmark.findByPk(req.params.id);
  try {
    if (bookmark.userId !== req.user.id) throw new Error('forbidden');
  } catch (error) {
    console.error(error);
  }
  res.send(bookmark);
});

// label: checked
router.get('/sqlite/:id', authenticated, (req, res) => {
  db.get('SELECT * FROM bookmarks WHERE id = ? AND user_id = ?', [req.params.id, req.user.id], (err, row) => {
    if (err) return res.status(500).end();
    if (!row) return res.status(404).end();
    res.json(row);
  });
});

// label: not_checked
router.get('/sqlite/:id/plain', authenticated, (req, res) => {
  db.get('SELECT * FROM bookmarks WHERE id = ?', [req.params.id], (err, row) => {
    if (err) return res.status(500).end();
    res.json(row);
  });
});

// label: checked
router.delete('/sync/:id', authenticated, (req, res) => {
  const row = db.prepare('SELECT user_id FROM bookmarks WHERE id = ?').get(req.params.id);
  if (!row || row.user_id !== req.user.id) {
    return res.status(404).end();
  }
  db.prepare('DELETE FROM bookmarks WHERE id = ?').run(req.params.id);
  res.status(204).end();
});

// label: not_checked
router.post('/bookmarks/move', authenticated, async (req, res) => {
  const { id, folder } = req.body;
  await Bookmark.update({ folder }, { where: { id } });
  res.json({ ok: true });
});

// label: checked
router.post('/bookmarks/rename', authenticated, async (req, res) => {
  const { id, name } = req.body;
  await Bookmark.update({ name }, { where: { id, userId: req.user.id } });
  res.json({ ok: true });
});

export default router;
const app = express();
app.use('/api', router);
