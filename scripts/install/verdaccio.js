'use strict';

/*
 * Runs Verdaccio on a free port of 127.0.0.1 and tells the parent process which. Anybody who reaches it may publish.
 */

const [verdaccio, folder, upstream] = process.argv.slice(2);

const CONFIG = {
  storage: `${folder}/storage`,
  self_path: folder,
  auth: { htpasswd: { file: `${folder}/users` } },
  uplinks: { upstream: { url: upstream, maxage: '1h' } },
  packages: {
    // What is being tested is never mixed with what may be out there.
    hawser: { access: '$all', publish: '$all' },
    'hawser-*': { access: '$all', publish: '$all' },
    '**': { access: '$all', proxy: 'upstream' },
  },
  web: { enable: false },
  log: { type: 'stdout', format: 'pretty', level: 'error' },
  max_body_size: '100mb',
};

main();

async function main() {
  const { runServer } = require(verdaccio);
  const server = await runServer(CONFIG);
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());
}
