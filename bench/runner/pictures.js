'use strict';

const { bytes } = require('./cases');
const { ratioBars } = require('./charts/bars');
const { scalingCurves } = require('./charts/lines');
const { mainThreadCostOf } = require('./statistics');

const LOOP = {
  id: 'hawser-loop',
  label: 'hawser, event loop: all its CPU time',
};
const THREAD = {
  id: 'hawser-thread',
  label: 'hawser, 1 I/O thread: its JavaScript thread',
};

module.exports = { drawPictures };

/**
 * @param {import('./results').CaseResult[]} cases
 * @returns {{ name: string, title: string, svg: string }[]} those for which there are figures
 */
function drawPictures(cases) {
  return [
    againstBestPeer(cases),
    againstWs(cases),
    curve(cases, 'connections', 'connections', {
      title: 'Echo of 125 bytes: CPU time of the server over connections',
      at: ({ connections }) => connections,
      label: String,
    }),
    curve(cases, 'size', 'bytes in a message', {
      title: 'Echo on 64 connections: CPU time of the server over size',
      at: ({ size }) => size,
      label: bytes,
    }),
  ].filter((picture) => picture !== null);
}

function againstBestPeer(cases) {
  const rows = rowsOf(cases, (result) => result.bestPeer?.id);
  const title = 'Cost against the best peer of each case (shorter is better)';

  if (rows.length === 0) return null;
  return {
    name: 'best-peer.svg',
    title,
    svg: ratioBars(title, [LOOP, THREAD], rows),
  };
}

function againstWs(cases) {
  const rows = rowsOf(cases, () => 'ws-bufferutil');
  const title = 'Cost against ws + bufferutil (shorter is better)';

  if (rows.length === 0) return null;
  return {
    name: 'ws.svg',
    title,
    svg: ratioBars(title, [LOOP, THREAD], rows),
  };
}

function rowsOf(cases, base) {
  return cases
    .filter(({ shape }) => !shape.onlyCurve)
    .map((result) => ({
      name: result.shape.name,
      values: [
        result.ratio(LOOP.id, base(result)),
        result.mainThreadRatio(THREAD.id, base(result)),
      ],
    }))
    .filter(({ values }) => values.some((value) => value !== undefined));
}

function curve(cases, name, xAxis, { title, at, label }) {
  const results = cases
    .filter(({ shape }) => shape.curves?.includes(name))
    .sort((a, b) => at(a.shape) - at(b.shape));

  if (results.length < 2) return null;

  const points = results.map(({ shape }) => ({
    value: at(shape),
    label: label(at(shape)),
  }));
  const curves = ['ws-bufferutil', 'uws', 'bun', LOOP.id, THREAD.id]
    .filter((id) => results.some((result) => result.cost(id) !== null))
    .map((id) => ({
      id,
      name: results.find((result) => result.of(id)).of(id).name,
      values: results.map((result) => result.cost(id)?.median),
    }));

  if (results.some((result) => result.of(THREAD.id))) {
    curves.push({
      id: THREAD.id,
      name: 'its JavaScript thread',
      dashed: true,
      values: results.map(
        (result) => result.summary(THREAD.id, mainThreadCostOf)?.median,
      ),
    });
  }

  return {
    name: `${name}.svg`,
    title,
    svg: scalingCurves(
      title,
      { x: xAxis, y: 'CPU µs for a message' },
      points,
      curves,
    ),
  };
}
