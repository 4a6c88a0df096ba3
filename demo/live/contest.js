/* What the Compare tab shows: a race or picked runs, what the server says of them, and their points so far. */

import { fill } from './dom.js';

export const choice = { race: null, seeds: 1, runs: [], shown: null };
/* The last answer to the choice; null until there is one. */
export let answer = null;
export const seen = new Map();

const EVERY = 1200,
  SLOW = 5000,
  FINAL = new Set(['finished', 'stopped', 'failed', 'interrupted']);
const ears = new Set();
let ask = null,
  root = null,
  timer = null,
  busy = false,
  again = false;

export function hearken(node, fn) {
  ears.add({ node, fn });
  fn();
}
function tell() {
  for (const ear of ears) {
    if (ear.node.isConnected) ear.fn();
    else ears.delete(ear);
  }
}

/* Draws what is in a node again only if it has changed: an open list stays open. The control that had the focus keeps it. */
const drawnFrom = new WeakMap();
export function renew(node, key, make) {
  const now = JSON.stringify(key);
  if (drawnFrom.get(node) === now) return;
  drawnFrom.set(node, now);
  const controls = () => [...node.querySelectorAll('input, select, button')],
    at = controls().indexOf(document.activeElement);
  fill(node, make());
  if (at >= 0) controls()[at]?.focus();
}

/* ---- the choice, and the address that reproduces it ---- */

const RACE = 'race',
  SEEDS = 'seeds',
  RUNS = 'compare';

export function fromAddress(seeds) {
  const query = new URLSearchParams(location.search),
    race = query.get(RACE),
    runs = (query.get(RUNS) ?? '').split(',').filter(Boolean);
  if (runs.length) Object.assign(choice, { race: null, runs });
  else if (race) Object.assign(choice, { race, runs: [], seeds: seeds.includes(+query.get(SEEDS)) ? +query.get(SEEDS) : 1 });
  return !!(runs.length || race);
}
export function toAddress(visible) {
  const url = new URL(location.href);
  for (const key of [RACE, SEEDS, RUNS]) url.searchParams.delete(key);
  if (visible && choice.runs.length) url.searchParams.set(RUNS, choice.runs.join(','));
  else if (visible && choice.race) {
    url.searchParams.set(RACE, choice.race);
    url.searchParams.set(SEEDS, choice.seeds);
  }
  url.search = url.search.replaceAll('%2C', ',');
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}
export const isVisible = () => !!root?.offsetParent;

export function choose(part) {
  Object.assign(choice, { shown: null }, part);
  answer = null;
  toAddress(isVisible());
  tell();
  wake();
}
/* Which seed of a race is drawn; the server need not know. */
export function show(seed) {
  choice.shown = seed;
  tell();
  wake();
}

/* What the server is asked about the choice; null where nothing is chosen. */
export const question = () =>
  choice.runs.length
    ? { ask: 'runs', runs: choice.runs }
    : choice.race
      ? { ask: 'race', run: choice.race, seeds: choice.seeds }
      : null;

/* The runs that are drawn: { run, style, task }; style 0 is solid. */
export function drawn() {
  if (!answer) return [];
  if (answer.runs) return answer.runs.map(({ run, style, name }) => ({ run, style, name }));
  const entries = answer.entries ?? [],
    seed = choice.shown ?? entries[0]?.seed;
  return entries
    .filter(entry => entry.run && entry.seed === seed)
    .map(entry => ({ run: entry.run, style: entry.task === null ? 0 : 1, task: entry.task }));
}

/* ---- asking ---- */

export function follow(node, look) {
  ask = look;
  root = node;
  document.addEventListener('visibilitychange', wake);
  wake();
}
export const file = kind => ask({ ...question(), file: kind });

export function wake() {
  if (busy) {
    again = true;
    return;
  }
  clearTimeout(timer);
  tick();
}

async function tick() {
  if (!root?.isConnected) {
    document.removeEventListener('visibilitychange', wake);
    return;
  }
  let moving = true;
  if (question() && isVisible() && document.visibilityState === 'visible') {
    busy = true;
    try {
      moving = await look();
    } catch {
      /* the next look tries again */
    }
    busy = false;
  }
  if (again) {
    again = false;
    tick();
    return;
  }
  timer = setTimeout(tick, moving ? EVERY : SLOW);
}

/* One look. False once nothing moves any more. */
async function look() {
  const asked = JSON.stringify(question());
  const said = await ask(question());
  if (asked !== JSON.stringify(question())) return true;
  let news = JSON.stringify(said) !== JSON.stringify(answer);
  answer = said;
  for (const { run } of drawn()) news = (await read(run)) || news;
  if (news) tell();
  const states = [...(said.entries ?? []), ...(said.runs ?? [])].map(item => item.state);
  return states.some(state => state && !FINAL.has(state)) || drawn().some(({ run }) => !seen.get(run)?.done);
}

/* The new points of a run. True if there are any. */
async function read(run) {
  const of = seen.get(run) ?? { cursor: 0, train: {}, validation: {}, scores: [], start: null, status: null, done: false };
  seen.set(run, of);
  let any = false;
  while (!of.done) {
    const update = await ask({ ask: 'watch', run, cursor: of.cursor });
    if (update.missing) {
      of.done = true;
      break;
    }
    const moved = update.cursor !== of.cursor;
    for (const split of ['train', 'validation'])
      for (const [task, rows] of Object.entries(update[split] ?? {})) (of[split][task] ??= []).push(...rows);
    of.scores.push(...(update.scores ?? []));
    of.start = update.start ?? of.start;
    of.status = update.status;
    of.cursor = update.cursor;
    any ||= moved;
    if (update.more) continue;
    of.done = FINAL.has(update.status?.state) && !moved;
    if (!of.done) break;
  }
  return any;
}
