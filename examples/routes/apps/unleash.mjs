// unleash-server: its application over stores that answer nothing, without a database.
import path from 'path';

export default async function start(root) {
  const load = (file) => import(path.join(root, file));
  const { createConfig } = await load('lib/create-config.js');
  const getApp = (await load('lib/app.js')).default;
  const { createServices } = await load('lib/services/index.js');
  const config = createConfig({ db: { host: '127.0.0.1' }, logLevel: 'fatal', disableLegacyFeaturesApi: false });
  const nothing = new Proxy(function nothing() {}, { get: (_, name) => (name === 'then' ? undefined : name === Symbol.toPrimitive ? () => '' : nothing), apply: () => nothing, construct: () => nothing });
  let services = nothing;
  try {
    services = createServices(nothing, config, nothing);
  } catch (fault) {
    process.stderr.write(`services: ${fault.message}\n`);
  }
  await getApp(config, nothing, services, undefined, nothing);
}
