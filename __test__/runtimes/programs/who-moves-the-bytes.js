'use strict';

// Says for each end of a connection whether the engine has taken its socket.

const { configure } = require('../../..');
const { connect } = require('./connection');

configure(JSON.parse(process.argv[2]));

connect(({ client, server, wss }) => {
  console.log(`client ${isTaken(client)}, server ${isTaken(server)}`);
  client.close();
  wss.close();
});

/** A socket that was taken over has a handle of ours. */
function isTaken({ _socket: socket }) {
  return socket._handle?.constructor.name === 'NativeHandle';
}
