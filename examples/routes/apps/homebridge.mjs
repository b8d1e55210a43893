// homebridge-config-ui-x: its NestJS module, initialised and not listening.
import { mkdtempSync, writeFileSync } from 'fs';
import { createRequire } from 'module';
import os from 'os';
import path from 'path';

export default async function start(root) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'homebridge-'));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ bridge: { name: 'x', username: 'CC:22:3D:E3:CE:30', port: 51826, pin: '031-45-154' }, platforms: [{ platform: 'config', name: 'Config', port: 18581 }] }));
  process.env.UIX_STORAGE_PATH = folder;
  process.env.UIX_CONFIG_PATH = path.join(folder, 'config.json');
  process.env.UIX_BASE_PATH = path.dirname(root);
  const there = createRequire(path.join(root, 'index.js'));
  const { NestFactory } = there('@nestjs/core');
  const { FastifyAdapter } = there('@nestjs/platform-fastify');
  const { AppModule } = await import(path.join(root, 'app.module.js'));
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
  app.setGlobalPrefix('/api');
  await app.init();
}
