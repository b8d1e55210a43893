const express = require('express');
const { Pool } = require('pg');
const { PrismaClient } = require('@prisma/client');
const knex = require('knex')({ client: 'pg' });
const { Sequelize, DataTypes } = require('sequelize');

const pool = new Pool();
const prisma = new PrismaClient();
const sequelize = new Sequelize('sqlite::memory:');
const app = express();

const Photo = sequelize.define('photo', {
  title: DataTypes.STRING,
  userId: DataTypes.INTEGER,
});

const drafts = new Map();

function requireUser(req, res, next) {
  if (!req.session.userId) {
    return res.sendStatus(401);
  }
  req.userId = req.session.userId;
  next();
}

const isPhotoOwner = async (req, res, next) => {
  const photo = await Photo.findByPk(req.params.id);
  if (!photo) return next(new Error('not found'));
  if (photo.userId !== req.userId) return next(new Error('forbidden'));
  next();
};

// label: not_checked
app.get('/files/:id', requireUser, async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM files WHERE id = $1', [req.params.id]);
  if (!rows.length) return res.sendStatus(404);
  res.json(rows[0]);
});

// label: checked
app.get('/own/files/:id', requireUser, async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM files WHERE id = $1 AND owner_id = $2', [req.params.id, req.userId]);
  if (!rows.length) return res.sendStatus(404);
  res.json(rows[0]);
});

// label: not_checked
app.delete('/files/:id', requireUser, async (req, res) => {
  await pool.query(`DELETE FROM files WHERE id = ${req.params.id}`);
  res.sendStatus(204);
});

// label: checked
app.get('/albums/:id', requireUser, async (req, res) => {
  const album = await prisma.album.findFirst({ where: { id: Number(req.params.id), userId: req.userId } });
  if (!album) {
    return res.status(404).json({ error: 'not found' });
  }
  return res.json(album);
});

// label: not_checked
app.put('/albums/:id', requireUser, async (req, res) => {
  const album = await prisma.album.update({
    where: { id: Number(req.params.id) },
    data: { title: req.body.title, userId: req.userId },
  });
  res.json(album);
});

// label: checked
app.get('/knex/:id', requireUser, async (req, res) => {
  const row = await knex('files').where({ id: req.params.id, owner_id: req.userId }).first();
  if (!row) return res.sendStatus(404);
  res.json(row);
});

// label: not_checked
app.delete('/knex/:id', requireUser, async (req, res) => {
  await knex('files').where('id', req.params.id).del();
  res.sendStatus(204);
});

// label: checked
app.put('/photos/:id', requireUser, isPhotoOwner, async (req, res) => {
  const photo = await Photo.findByPk(req.params.id);
  await photo.update({ title: req.body.title });
  res.json(photo);
});

// label: not_checked
app.get('/photos/:id', requireUser, async (req, res) => {
  const photo = await Photo.findOne({ where: { id: req.params.id } });
  if (photo && photo.userId === req.userId) {
    console.log('own photo');
  }
  res.json(photo);
});

// label: checked
app.delete('/photos/:id', requireUser, async (req, res) => {
  const count = await Photo.destroy({ where: { id: req.params.id, userId: req.userId } });
  res.status(count ? 204 : 404).end();
});

// label: not_checked
app.get('/drafts/:id', requireUser, (req, res) => {
  const draft = drafts.get(req.params.id);
  if (!draft) return res.sendStatus(404);
  res.json(draft);
});

// label: not_applicable
app.post('/drafts', requireUser, (req, res) => {
  const id = String(drafts.size + 1);
  drafts.set(id, { owner: req.userId, text: req.body.text });
  res.status(201).json({ id });
});

// label: checked
app.get('/drafts/:id/own', requireUser, (req, res) => {
  const draft = drafts.get(req.params.id);
  if (draft?.owner !== req.userId) return res.sendStatus(404);
  res.json(draft);
});

module.exports = app;
