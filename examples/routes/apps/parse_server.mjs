// parse-server: the application of its class, without a database.
import { createRequire } from 'module';
import path from 'path';

export default async function start(root) {
  const { default: ParseServer } = createRequire(path.join(root, 'index.js'))(path.join(root, 'ParseServer.js'));
  ParseServer.app({ appId: 'a', masterKey: 'm', serverURL: 'http://127.0.0.1:1/parse', pages: {}, maxUploadSize: '1mb' });
}
