'use strict';

/*
 * The `prepublishOnly` script: published from here, the package would have no binary to go with it.
 */

console.error(
  'A release is published by the workflow, with the packages of all platforms: see RELEASING.md.',
);
process.exitCode = 1;
