'use strict';

// A server that counts what it receives, and tells how often a page of memory
// had to be had from the system meanwhile.

const { WebSocketServer } = require('../subject');

const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`port: ${wss.address().port}`);
});

wss.on('connection', (websocket) => {
  let count = 0;
  let faultsBefore = 0;

  websocket.on('message', () => {
    count++;
    if (count % 400 !== 0) return;

    const { minorPageFault: faults } = process.resourceUsage();

    console.log(`faults ${count}: ${faults - faultsBefore}`);
    faultsBefore = faults;
    websocket.send('go on');
  });
});
