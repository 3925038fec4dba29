'use strict';

/*
 * `npm run fuzz`: the fuzz targets of `fuzz/`, one after the other. It takes a nightly toolchain and cargo-fuzz
 * (`cargo install cargo-fuzz --locked`). What a target comes upon goes to `fuzz/target/grown`, a crash to
 * `fuzz/artifacts`.
 *
 *   npm run fuzz -- --seconds 600           ten minutes for each target; without it, one
 *   npm run fuzz -- --target decoder        that target (may be given more than once)
 *   npm run fuzz -- --keep                  afterwards take into `fuzz/corpus` what reaches more code than it did
 */

const fs = require('node:fs');
const { parseArgs } = require('node:util');

const { inRoot } = require('./setup/root');
const { run } = require('./test/run');

const TARGETS = ['decoder', 'inflater', 'headers', 'round_trip', 'connection'];

/** Longer inputs find little more, and take longer to say the same. */
const LONGEST_INPUT = 4096;

/** What the repository keeps of a target, in bytes. */
const KEPT_BYTES = 40_000;

/** What building may take, besides. */
const GRACE_MS = 20 * 60_000;

main(readArguments());

async function main({ targets, seconds, keep }) {
  const lines = [];
  for (const target of targets) {
    console.log(`\n--- ${target}, ${seconds} seconds`);
    const { code, executions, crash } = await fuzz(target, seconds);
    if (keep && code === 0 && !(await keepCorpus(target))) process.exitCode = 1;
    if (code !== 0) process.exitCode = 1;
    lines.push(
      `  ${target.padEnd(12)}${code === 0 ? 'ok    ' : 'FAILED'}  ` +
        `${executions} executions${crash ? `; ${crash}` : ''}`,
    );
  }
  console.log(`\nSummary\n\n${lines.join('\n')}`);
}

async function fuzz(target, seconds) {
  const grown = grownFolder(target);
  fs.mkdirSync(inRoot(grown), { recursive: true });
  const { code, output } = await libFuzzer(
    target,
    [grown, corpusFolder(target)],
    [
      `-max_total_time=${seconds}`,
      '-print_final_stats=1',
      '-verbosity=0',
      // A hang is a finding, too.
      '-timeout=20',
    ],
    seconds * 1000,
  );
  const executions = /stat::number_of_executed_units:\s*(\d+)/.exec(output);
  const crash = /Test unit written to (\S+)/.exec(output);
  return {
    code,
    executions: executions === null ? 'no' : executions[1],
    crash: crash?.[1],
  };
}

/** Takes into the corpus, from the smallest input on, what adds to it and finds room. */
async function keepCorpus(target) {
  const merged = `fuzz/target/merged/${target}`;
  fs.rmSync(inRoot(merged), { recursive: true, force: true });
  fs.mkdirSync(inRoot(merged), { recursive: true });
  const { code } = await libFuzzer(
    target,
    [merged, corpusFolder(target), grownFolder(target)],
    ['-merge=1', '-verbosity=0'],
    GRACE_MS,
  );
  if (code !== 0) return false;

  const corpus = inRoot(corpusFolder(target));
  for (const name of fs.readdirSync(corpus)) {
    // Inputs with a name of their own are there for a reason.
    if (/^[0-9a-f]{40}$/.test(name)) fs.rmSync(`${corpus}/${name}`);
  }
  let room = KEPT_BYTES;
  const files = fs.readdirSync(inRoot(merged)).map((name) => {
    const file = inRoot(`${merged}/${name}`);
    return { name, file, size: fs.statSync(file).size };
  });
  for (const { name, file, size } of files.sort((a, b) => a.size - b.size)) {
    room -= size;
    if (room < 0) break;
    fs.copyFileSync(file, `${corpus}/${name}`);
  }
  return true;
}

function libFuzzer(target, folders, options, milliseconds) {
  return run(
    'cargo',
    [
      ...['+nightly', 'fuzz', 'run', target],
      ...folders,
      ...['--', `-max_len=${LONGEST_INPUT}`, ...options],
    ],
    { capture: 'all', timeout: milliseconds + GRACE_MS },
  );
}

function corpusFolder(target) {
  return `fuzz/corpus/${target}`;
}

function grownFolder(target) {
  return `fuzz/target/grown/${target}`;
}

function readArguments() {
  const { target, seconds, keep } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      seconds: { type: 'string', default: '60' },
      keep: { type: 'boolean', default: false },
    },
  }).values;

  const targets = target ?? TARGETS;
  if (!targets.every((name) => TARGETS.includes(name)) || !(seconds > 0)) {
    console.error(
      `--target is one of ${TARGETS.join(', ')}, --seconds a number.`,
    );
    process.exit(2);
  }
  return { targets, seconds: Number(seconds), keep };
}
