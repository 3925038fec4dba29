'use strict';

// One message there and back, compressed; then everything is closed.

const { connect } = require('./connection');

const TEXT = 'there and back '.repeat(1000);

connect(({ client, wss }) => {
  client.send(TEXT);
  client.on('message', (data) => {
    if (data.toString() === TEXT) client.close();
  });
  client.on('close', () => wss.close(() => console.log('echo: done')));
});
