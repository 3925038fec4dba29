'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { declareScenarios } = require('./runner/declare-scenarios');

const FOLDER = path.join(__dirname, 'scenarios');

for (const file of fs.readdirSync(FOLDER).sort()) {
  const subject = path.basename(file, '.js').replaceAll('-', ' ');
  declareScenarios(subject, require(path.join(FOLDER, file)));
}
