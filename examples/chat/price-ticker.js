'use strict';

const INTERVAL_MS = 250;
/** Prices are worth nothing when they are late: a page that does not keep up misses some. */
const MAX_BUFFERED_BYTES = 64 * 1024;

/**
 * Invents prices and sends them to everybody, four times a second, each time as one JSON message.
 */
class PriceTicker {
  #clients;
  #prices;
  #timer;

  /**
   * @param {Set<import('ws').WebSocket>} clients Who gets the prices, at any time
   */
  constructor(clients) {
    this.#clients = clients;
    this.#prices = [
      { symbol: 'HAWS', price: 128.4, opened: 128.4 },
      { symbol: 'ROPE', price: 42.15, opened: 42.15 },
      { symbol: 'KNOT', price: 9.87, opened: 9.87 },
      { symbol: 'MAST', price: 311.02, opened: 311.02 },
    ];
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #tick() {
    for (const stock of this.#prices) stock.price = nextPrice(stock.price);
    const message = JSON.stringify({
      type: 'prices',
      prices: this.#prices.map(({ symbol, price, opened }) => ({
        symbol,
        price: round(price),
        change: round(((price - opened) / opened) * 100),
      })),
    });

    for (const ws of this.#clients) {
      const isOpen = ws.readyState === ws.OPEN;
      if (isOpen && ws.bufferedAmount < MAX_BUFFERED_BYTES) ws.send(message);
    }
  }
}

/**
 * Up or down by at most 0.4 %, and never to nothing.
 */
function nextPrice(price) {
  return Math.max(1, price * (1 + (Math.random() - 0.5) * 0.008));
}

function round(number) {
  return Math.round(number * 100) / 100;
}

module.exports = { PriceTicker };
