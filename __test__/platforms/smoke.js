'use strict';

/*
 * What hawser is for, on a platform on which the behaviour tests would take too long or cannot run: the checks of
 * `checks.js` on each driver that the platform has, one after the other, in one process.
 *
 *   node __test__/platforms/smoke.js FILE
 *
 * The results go to the file and nowhere else, because not every emulator has a standard output worth the name. The
 * process then has to end by itself, with 0: whoever started it looks at that, too.
 */

const fs = require('node:fs');

const { configure } = require('../..');
const { CHECKS, ONCE } = require('./checks');

/** How a connection comes to each driver. Windows leaves all sockets to Node. */
const DRIVERS = {
  ...(process.platform !== 'win32' && {
    event_loop: { ioThreads: 0, takeover: true },
    io_threads: { ioThreads: 2, takeover: true },
  }),
  stream: { ioThreads: 0, takeover: false },
};
const ROLES = ['server', 'client'];

main(process.argv[2]);

async function main(file) {
  const { arch, platform, version } = process;
  const ran = { platform: `${platform}-${arch}`, version };
  const results = [];
  for (const [driver, settings] of Object.entries(DRIVERS)) {
    configure(settings);
    for (const check of CHECKS) {
      for (const role of check.roles ?? ROLES) {
        const name = `${check.name} [${driver}, ${role}]`;
        await add(name, check.run, { driver, role });
      }
    }
  }
  configure({ ioThreads: 'auto', takeover: true });
  for (const { name, run } of ONCE) await add(name, run);

  async function add(name, run, about) {
    results.push(await resultOf(name, run, about));
    // Each time: a crash must not take along what is known.
    fs.writeFileSync(file, JSON.stringify({ ran, results }, null, 2));
  }
}

/**
 * Runs one check, and what it leaves to be done after it.
 */
async function resultOf(name, run, about) {
  const hooks = [];
  const t = { after: (hook) => hooks.push(hook) };
  const began = performance.now();
  let error;
  try {
    await run(t, about);
  } catch (thrown) {
    error = thrown.stack ?? String(thrown);
  }
  for (const hook of hooks.reverse()) await hook();

  return { name, error, ms: Math.round(performance.now() - began) };
}
