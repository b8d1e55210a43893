// Node-RED: its editor's and its runtime's applications, embedded and not listening.
import { mkdtempSync } from 'fs';
import http from 'http';
import { createRequire } from 'module';
import os from 'os';
import path from 'path';

export default async function start(root) {
  const there = createRequire(path.join(root, 'index.js'));
  const RED = there(path.join(root, '../node-red'));
  const user = { username: 'u', password: '$2b$08$abcdefghijklmnopqrstuv', permissions: '*' };
  const projects = { projects: { enabled: true } };
  RED.init(http.createServer(), {
    userDir: mkdtempSync(path.join(os.tmpdir(), 'node-red-')),
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    adminAuth: { type: 'credentials', users: [user] },
    editorTheme: projects,
    logging: { console: { level: 'off' } },
  });
  await RED.start();
}
