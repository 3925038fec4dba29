'use strict';

const { inspect } = require('node:util');

/**
 * A reporter for `node --test` with one file: a line of JSON for each test, with what there is to say about a failed one.
 *
 * @param {AsyncIterable<{type: string, data: any}>} source
 * @returns {AsyncGenerator<string>} Lines of `{ passed, complaint }`
 */
module.exports = async function* reporter(source) {
  let stderr = '';

  for await (const { type, data } of source) {
    if (type === 'test:stderr') stderr += data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    // The file as a whole is reported too where it crashed, or has no test, which is no success.
    if (type === 'test:pass' && data.name.endsWith('.test.js')) continue;

    // Every scenario has to run, so what was left out has failed.
    const leftOut = data.skip !== undefined || data.todo !== undefined;
    const passed = type === 'test:pass' && !leftOut;
    const line = { passed };
    if (!passed) line.complaint = complaintOf(data, leftOut, stderr);
    yield `${JSON.stringify(line)}\n`;
  }
};

function complaintOf({ name, details }, leftOut, stderr) {
  const error = details?.error;
  const reason = leftOut ? 'It was left out.' : inspect(error?.cause ?? error);
  return [name, reason, stderr].join('\n').trimEnd();
}
