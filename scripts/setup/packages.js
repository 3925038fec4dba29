'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');

const { ROOT, inRoot } = require('./root');
const { SetupError } = require('./setup-error');

/**
 * Installs the development packages with `npm ci`, unless exactly those of package-lock.json are there already.
 */
function installPackages() {
  if (packagesAreCurrent()) return;

  console.log('Installing the development packages (npm ci)');
  // No package here needs its install script, so none is allowed to run.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { error, status } = runNpm(args);

  if (error) throw new SetupError(`npm could not be run: ${error.message}`);
  if (status !== 0) {
    throw new SetupError(
      `\`npm ${args.join(' ')}\` ended with code ${status}; its output is above.`,
    );
  }
}

/**
 * npm records what it installed in node_modules/.package-lock.json, as the last thing it does. Packages for other
 * platforms are optional and rightly absent from it.
 *
 * @returns {boolean}
 */
function packagesAreCurrent() {
  const wanted = readPackages(inRoot('package-lock.json'));
  const installed = readPackages(inRoot('node_modules', '.package-lock.json'));
  if (!wanted) {
    throw new SetupError('package-lock.json is missing or not readable.');
  }
  if (!installed) return false;

  return Object.entries(wanted).every(([path, { optional, version }]) => {
    if (path === '') return true;
    if (!installed[path]) return optional === true;
    return installed[path].version === version && fs.existsSync(inRoot(path));
  });
}

function readPackages(lockfile) {
  try {
    return JSON.parse(fs.readFileSync(lockfile, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

function runNpm(args) {
  const options = { cwd: ROOT, stdio: 'inherit' };
  const npm = process.env.npm_execpath;

  // Under `npm start` the running npm says where it is; that one is used, whatever else PATH holds.
  if (npm && /npm-cli\.c?js$/.test(npm)) {
    return spawnSync(process.execPath, [npm, ...args], options);
  }
  // npm is a .cmd file on Windows, which only a shell can run.
  if (process.platform === 'win32') {
    return spawnSync(`npm ${args.join(' ')}`, { ...options, shell: true });
  }
  return spawnSync('npm', args, options);
}

module.exports = { installPackages };
