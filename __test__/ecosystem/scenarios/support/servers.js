'use strict';

module.exports = { listen };

/**
 * Makes a server listen on a free port of 127.0.0.1. It and every connection to it that is open then end with the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('node:net').Server} server
 * @returns {Promise<number>} The port
 */
async function listen(t, server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}
