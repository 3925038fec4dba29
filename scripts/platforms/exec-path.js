'use strict';

// Loaded before everything else by a Node.js that something else has started, see `programs.js`.

if (process.env.HAWSER_TEST_EXEC_PATH) {
  process.execPath = process.env.HAWSER_TEST_EXEC_PATH;
}
