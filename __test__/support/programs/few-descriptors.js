'use strict';

/*
 * A server that echoes, and clients, in a process that may be short of descriptors. It is told what to do line by line,
 * and answers each with a line of JSON:
 *
 *   leave N       opens files until only N more descriptors are to be had
 *   free          closes them
 *   connect N URL opens N clients at once, and tells how many are open and what became of the others
 *   disconnect    closes the clients
 */

const fs = require('node:fs');
const readline = require('node:readline');

const { WebSocket, WebSocketServer } = require('../subject');

const files = [];
let clients = [];
const errors = [];

const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('error', (error) => errors.push(error.code));
wss.on('connection', (connection) => {
  connection.on('message', (data) => connection.send(data));
});

const COMMANDS = {
  leave(count) {
    openFiles();
    for (let i = 0; i < Number(count); i++) fs.closeSync(files.pop());
    return files.length;
  },

  free() {
    for (const file of files.splice(0)) fs.closeSync(file);
  },

  async connect(count, url) {
    const results = await Promise.all(
      Array.from({ length: Number(count) }, () => connectOne(url)),
    );
    const refused = results.filter(({ open }) => !open);
    return { open: results.length - refused.length, refused };
  },

  async disconnect() {
    await Promise.all(
      clients.map((client) => {
        const closed = new Promise((resolve) => client.on('close', resolve));
        client.close();
        return closed;
      }),
    );
    clients = [];
  },
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const [number, command, ...args] = line.split(' ');
  const answer = await COMMANDS[command](...args);
  console.log(`${number} ${JSON.stringify(answer ?? null)}`);
});

function openFiles() {
  for (;;) {
    try {
      files.push(fs.openSync('/dev/null'));
    } catch (error) {
      if (error.code === 'EMFILE') return;
      throw error;
    }
  }
}

/** An echo says that a connection is there. */
function connectOne(url) {
  return new Promise((resolve) => {
    const client = new WebSocket(url);
    const events = [];
    client.on('open', () => client.send('hello'));
    client.on('message', (data) => {
      clients.push(client);
      resolve({ open: data.toString() === 'hello' });
    });
    client.on('error', ({ code }) => events.push(`error ${code}`));
    client.on('close', (code) => {
      events.push(`close ${code}`);
      setImmediate(() => resolve({ open: false, events }));
    });
  });
}
