'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { top } = require('./situation');

module.exports = { makeProject, packagesOfPlatforms };

/**
 * Makes a project with the programs of `programs/`.
 *
 * @param {object} manifest The interesting part of its package.json
 * @param {import('./managers').Manager} [manager] Whose project it is
 * @param {string} [override] What is to take the place of `ws` everywhere
 * @returns {string} Its folder
 */
function makeProject(manifest, manager, override) {
  const projects = path.join(top, 'projects');
  fs.mkdirSync(projects, { recursive: true });
  const project = fs.mkdtempSync(path.join(projects, 'project-'));
  fs.cpSync(path.join(__dirname, '..', 'programs'), project, {
    recursive: true,
  });

  const whole = {
    name: 'project',
    version: '1.0.0',
    private: true,
    ...manifest,
  };
  manager?.prepare?.(project);
  if (override) manager.override(project, whole, override);
  fs.writeFileSync(
    path.join(project, 'package.json'),
    JSON.stringify(whole, null, 2),
  );
  return project;
}

/**
 * @param {string} project
 * @returns {string[]} The platforms whose package is in node_modules or what stands for it, once each
 */
function packagesOfPlatforms(project) {
  const places = [
    'node_modules',
    path.join('node_modules', '.pnpm'),
    path.join('.yarn', 'unplugged'),
  ];
  const found = places.flatMap((place) => {
    const folder = path.join(project, place);
    return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  });
  // pnpm adds the version to the name, yarn a hash.
  const platforms = found.flatMap(
    (name) =>
      /^hawser-((?:linux|darwin|win32)-[a-z0-9]+(?:-(?:gnu|musl|gnueabihf|msvc))?)(?=$|@|-npm)/.exec(
        name,
      )?.[1] ?? [],
  );
  return [...new Set(platforms)].sort();
}
