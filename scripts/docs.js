'use strict';

/*
 * `npm run docs`: builds the documentation site into target/docs/site, and fails if a link in it is dead. The generator,
 * TypeDoc, has a lock file of its own in docs/site, and is installed there when it is needed.
 */

const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { installGenerator } = require('./docs/generator');
const { deadLinksOf } = require('./docs/site-links');
const { stagePages } = require('./docs/staging');
const { ROOT, inRoot } = require('./setup/root');

const SITE = inRoot('target', 'docs', 'site');

main();

async function main() {
  const faults = await build();
  for (const fault of faults) console.error(`- ${fault}`);
  if (faults.length > 0) {
    console.error(`The site has faults: ${faults.length}`);
    process.exitCode = 1;
    return;
  }
  console.log(
    `The site is in ${path.relative(ROOT, SITE)}, begin with index.html.`,
  );
}

async function build() {
  const { home, files, faults } = stagePages(
    inRoot('target', 'docs', 'pages'),
    process.env.HAWSER_DOCS_REPOSITORY,
  );
  if (faults.length > 0) return faults;

  await installGenerator();
  const isBuilt = await generate(home, files);
  return isBuilt ? deadLinksOf(SITE) : ['TypeDoc is not satisfied, see above'];
}

/** @returns {Promise<boolean>} Whether TypeDoc had nothing to say against it */
async function generate(readme, projectDocuments) {
  const typedoc = inRoot('docs/site/node_modules/typedoc/dist/index.js');
  const { Application, TypeDocReader } = await import(pathToFileURL(typedoc));
  const app = await Application.bootstrapWithPlugins(
    {
      options: inRoot('docs', 'site', 'typedoc.json'),
      readme,
      projectDocuments,
      out: SITE,
    },
    [new TypeDocReader()],
  );
  const project = await app.convert();
  if (!project) return false;
  app.validate(project);
  await app.generateOutputs(project);
  return !app.logger.hasErrors() && !app.logger.hasWarnings();
}
