/*
 * The page: one WebSocket, and what it does to the document. Everything that comes from the server is put in as text
 * (`textContent`), never as HTML.
 */

const CLOSE_CODES = new Map([
  [1000, 'Normal closure: the work is done'],
  [1001, 'Going away: the server stops, or the page was left'],
  [1002, 'Protocol error'],
  [1003, 'Unsupported data: a type of message that is not accepted'],
  [1005, 'No code: the close frame had none'],
  [1006, 'Abnormal closure: the connection broke without a close frame'],
  [1007, 'Invalid data: text that is not UTF-8'],
  [1008, 'Policy violation'],
  [1009, 'Message too big'],
  [1010, 'Missing extension: the server did not agree to it'],
  [1011, 'Internal error of the server'],
  [1012, 'Service restart'],
  [1013, 'Try again later'],
  [1014, 'Bad gateway'],
  [1015, 'TLS handshake failed'],
]);
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
const MAX_LINES = 200;
const MAX_ECHOES = 6;

const byId = (id) => document.getElementById(id);
const page = {
  chatForm: byId('chat-form'),
  codes: byId('codes'),
  echoes: byId('echoes'),
  lastClose: byId('last-close'),
  lines: byId('lines'),
  name: byId('name'),
  nameForm: byId('name-form'),
  notice: byId('notice'),
  people: byId('people'),
  prices: byId('prices'),
  received: byId('received'),
  sent: byId('sent'),
  state: byId('state'),
  text: byId('text'),
  toggle: byId('toggle'),
};

let socket;
let retryTimer;
let failedAttempts = 0;
let wantsConnection = true;
const counts = { sent: 0, received: 0 };

listCloseCodes();
page.name.value = rememberedName();
connect();

page.chatForm.addEventListener('submit', (event) => {
  event.preventDefault();
  if (sendJson({ type: 'chat', text: page.text.value })) page.text.value = '';
});
page.nameForm.addEventListener('submit', (event) => {
  event.preventDefault();
  sendJson({ type: 'name', name: page.name.value });
});
page.toggle.addEventListener('click', () => {
  if (wantsConnection) disconnect();
  else connect();
});
byId('send-text').addEventListener('click', () => {
  send(`Ahoy, it is ${new Date().toLocaleTimeString()}`);
});
byId('send-binary').addEventListener('click', () => {
  send(crypto.getRandomValues(new Uint8Array(12)));
});
byId('send-json').addEventListener('click', () => {
  sendJson({ type: 'echo', number: counts.sent + 1, sail: ['jib', 'main'] });
});

function connect() {
  clearTimeout(retryTimer);
  wantsConnection = true;
  showState('connecting', 'Connecting');

  const address = new URL('/socket', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';

  let wasOpen = false;
  socket.addEventListener('open', () => {
    wasOpen = true;
    failedAttempts = 0;
    showState('open', 'Connected');
    if (rememberedName()) sendJson({ type: 'name', name: rememberedName() });
  });
  socket.addEventListener('message', ({ data }) => receive(data));
  socket.addEventListener('close', ({ code, reason }) => {
    // An attempt that came to nothing does not hide why the last connection ended.
    if (wasOpen) showClose(code, reason);
    page.people.textContent = '';
    if (wantsConnection) retryLater();
    else showState('closed', 'Disconnected');
  });
}

function disconnect() {
  clearTimeout(retryTimer);
  wantsConnection = false;
  if (socket.readyState === WebSocket.CLOSED) {
    showState('closed', 'Disconnected');
  } else {
    showState('closing', 'Disconnecting');
    socket.close(1000, 'The button was pressed');
  }
}

/** Each attempt waits twice as long as the one before, give or take, so that a thousand pages do not come back at once. */
function retryLater() {
  const longest = Math.min(
    LONGEST_RETRY_MS,
    FIRST_RETRY_MS * 2 ** failedAttempts,
  );
  const delay = longest * (0.5 + Math.random() / 2);
  failedAttempts += 1;
  showState('waiting', `Connecting again in ${Math.ceil(delay / 1000)} s`);
  retryTimer = setTimeout(connect, delay);
}

function send(data) {
  if (socket.readyState !== WebSocket.OPEN) {
    page.notice.textContent = 'Not connected: nothing was sent.';
    return false;
  }
  socket.send(data);
  counts.sent += 1;
  page.sent.textContent = counts.sent.toLocaleString();
  page.notice.textContent = '';
  return true;
}

function sendJson(message) {
  return send(JSON.stringify(message));
}

function receive(data) {
  counts.received += 1;
  page.received.textContent = counts.received.toLocaleString();

  if (typeof data !== 'string') return showEcho('Binary', toHex(data));

  const message = parseJson(data);
  switch (message?.type) {
    case 'welcome':
      page.lines.replaceChildren();
      message.lines.forEach(showLine);
      return showName(message.name);
    case 'named':
      rememberName(message.name);
      return showName(message.name);
    case 'people':
      page.people.textContent = `${message.count} here: ${message.names.join(', ')}`;
      page.people.title = page.people.textContent;
      return;
    case 'chat':
      return showLine(message.line);
    case 'prices':
      return showPrices(message.prices);
    case 'refused':
      page.notice.textContent = message.reason;
      return;
    default:
      return showEcho(message ? 'JSON' : 'Text', data);
  }
}

function parseJson(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function showState(name, text) {
  document.body.dataset.state = name;
  page.state.textContent = text;
  page.toggle.textContent = wantsConnection ? 'Disconnect' : 'Connect';
}

function showClose(code, reason) {
  const meaning = CLOSE_CODES.get(code) ?? 'A code of the application';
  page.lastClose.textContent = `${code} ${meaning}${reason ? ` (“${reason}”)` : ''}`;

  for (const row of page.codes.children) {
    row.classList.toggle('current', row.dataset.code === String(code));
  }
}

function showName(name) {
  // Somebody who is typing a name is not interrupted.
  if (document.activeElement !== page.name && !rememberedName()) {
    page.name.value = name;
  }
}

function showLine({ name, text, time }) {
  const isAtEnd =
    page.lines.scrollHeight - page.lines.scrollTop - page.lines.clientHeight <
    40;
  const sentAt = new Date(time);
  const when = element(
    'time',
    sentAt.toLocaleTimeString([], { timeStyle: 'short' }),
  );
  when.dateTime = sentAt.toISOString();

  const line = document.createElement('li');
  line.append(when, element('b', name), element('span', text));
  page.lines.append(line);
  while (page.lines.children.length > MAX_LINES) page.lines.firstChild.remove();
  if (isAtEnd) page.lines.scrollTop = page.lines.scrollHeight;
}

/** The list items are made once and then changed in place: four times a second, new ones would be work for nothing. */
function showPrices(prices) {
  if (
    page.prices.children.length !== prices.length ||
    page.prices.querySelector('.waiting')
  ) {
    page.prices.replaceChildren(...prices.map(newPriceItem));
  }
  prices.forEach(({ symbol, price, change }, i) => {
    const item = page.prices.children[i];
    const [name, amount, percent] = item.children;
    const sign = change > 0 ? '▲' : change < 0 ? '▼' : '•';
    name.textContent = symbol;
    amount.textContent = price.toFixed(2);
    percent.textContent = `${sign} ${Math.abs(change).toFixed(2)} %`;
    item.dataset.trend = change > 0 ? 'up' : change < 0 ? 'down' : 'same';
  });
}

function newPriceItem() {
  const item = document.createElement('li');
  item.className = 'price';
  item.append(element('b', ''), element('span', ''), element('small', ''));
  return item;
}

function showEcho(kind, text) {
  page.echoes.querySelector('.quiet')?.remove();
  const item = document.createElement('li');
  item.dataset.kind = kind.toLowerCase();
  item.append(element('b', kind), element('code', text));
  page.echoes.prepend(item);
  while (page.echoes.children.length > MAX_ECHOES)
    page.echoes.lastChild.remove();
}

function listCloseCodes() {
  for (const [code, meaning] of CLOSE_CODES) {
    const row = document.createElement('div');
    row.dataset.code = code;
    row.append(element('dt', String(code)), element('dd', meaning));
    page.codes.append(row);
  }
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function toHex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join(' ');
}

function rememberedName() {
  return sessionStorage.getItem('name') ?? '';
}

function rememberName(name) {
  sessionStorage.setItem('name', name);
}
