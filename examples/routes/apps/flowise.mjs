// flowise: the class of its server, configured without its database.
import { createRequire } from 'module';
import path from 'path';

export default async function start(root) {
  const there = createRequire(path.join(root, 'index.js'));
  const { App } = there(path.join(root, 'index.js'));
  const app = new App();
  app.identityManager = { initializeSSO: async () => {}, getPlatformType: () => 'open source', isLicenseValid: () => true };
  await app.config().catch((fault) => process.stderr.write(`${fault.message}\n`));
}
