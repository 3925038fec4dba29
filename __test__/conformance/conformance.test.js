'use strict';

/*
 * Every row of the table, on the driver that the environment chooses. `HAWSER_TEST_SUBJECT=ws` plays them with ws.
 */

const { declareTable } = require('./declare-table');

declareTable();
