/* What all blocks share: the page's words, the run on screen, and which tasks are pointed at or hidden. */

export const page = { words: null, tasks: [], presets: [], shared: false, device: null, plan: null };

let arrived;
const ready = new Promise(resolve => {
  arrived = resolve;
});

/* The masthead brings the words and the catalogue of tasks; every other block waits for them. */
export function introduce(value) {
  Object.assign(page, value);
  arrived();
}

/* A block: draws once the words are there. */
export const block = draw => async io => {
  await ready;
  if (io.element.isConnected) draw({ ...io, box: io.element.firstElementChild, words: page.words });
};

export const taskName = task =>
  page.words.tasks[task] ?? page.tasks.find(item => item.name === task)?.title ?? task;
export const labelName = label => page.words.labels[label] ?? label;

/* ---- the run on screen ---- */
const blank = run => ({
  id: run,
  cursor: 0,
  unread: true,
  missing: false,
  lost: false,
  status: null,
  start: null,
  train: {},
  validation: {},
  scores: [],
  optimizer: [],
  truncated: [],
  dropped: [],
  samples: [],
  mistakes: [],
  said: [],
  mixture: null,
  snapshot: null,
  selected: null,
  conflicts: null,
  layers: null,
  skipped: [],
  unbalanced: 0,
  end: null,
});
export let run = blank(null);
const ears = new Set();

/* Calls fn(run, news) now and after every change of the run, or of what its heads answer; it ends when the node leaves
   the page. */
export function listen(node, fn) {
  const ear = { node, fn };
  ears.add(ear);
  fn(run, {});
}

export function tell(news = {}) {
  for (const ear of ears) {
    if (!ear.node.isConnected) ears.delete(ear);
    else ear.fn(run, news);
  }
}

export function open(id) {
  run = blank(id || null);
  tell({ opened: true });
}

/* Adds what an update of the feed brings. True if the answer could not hold everything. */
export function take(update) {
  if (update.run !== run.id) return false;
  run.lost = false;
  run.missing = !!update.missing;
  if (update.missing) {
    tell();
    return false;
  }
  if (update.cursor < run.cursor) {
    open(run.id);
    return true;
  } // the journal was replaced: read it again
  run.unread = update.cursor > run.cursor;
  run.cursor = update.cursor;
  if (update.start) run.start = update.start;
  for (const split of ['train', 'validation']) {
    for (const [task, rows] of Object.entries(update[split] ?? {})) (run[split][task] ??= []).push(...rows);
  }
  for (const list of ['scores', 'optimizer', 'truncated', 'dropped', 'samples', 'mistakes', 'said']) run[list].push(...(update[list] ?? []));
  for (const part of ['mixture', 'status', 'skipped', 'unbalanced', 'selected', 'end']) run[part] = update[part] ?? run[part];
  for (const table of ['conflicts', 'layers']) run[table] = longer(run[table], update[table]);
  if (update.snapshot != null) run.snapshot = update.snapshot;
  tell({ moved: run.unread, snapshot: update.snapshot ?? null });
  return !!update.more;
}

/* A table with the new rows at its end, and everything else as it is now. */
const longer = (table, news) => (news ? { ...news, rows: [...(table?.rows ?? []), ...news.rows] } : table);

export function lose() {
  if (!run.lost) {
    run.lost = true;
    tell();
  }
}

export const tasksOf = run => (run.start?.tasks ?? []).map(task => task.name);
const FINAL = new Set(['finished', 'stopped', 'failed', 'interrupted']);
export const isFinal = run => run.missing || FINAL.has(run.status?.state);
export const isLive = run => !!run.id && !isFinal(run);
export const isRecorded = run => !!run.status?.recorded;

/* What runs are trained on here, known before the first one. */
export function tellDevice(name) {
  if (page.device === name) return;
  page.device = name;
  tell();
}

/* What the model would be made of that is set up now, as far as it has been measured: { parts, parameters } or null. */
export function tellPlan({ parts, parameters }) {
  const plan = Array.isArray(parts) && parts.length ? { parts, parameters } : null;
  if (JSON.stringify(plan) === JSON.stringify(page.plan)) return;
  page.plan = plan;
  tell();
}

/* ---- which tasks are pointed at: one, two that are compared, or none ---- */
export function focus(...tasks) {
  for (const node of document.querySelectorAll('[data-task]'))
    node.classList.toggle('dim', tasks.length > 0 && !tasks.includes(node.dataset.task));
  document.dispatchEvent(new CustomEvent('lab:focus', { detail: tasks }));
}

/* ---- which tasks' lines are hidden: kept for the life of the page, over updates and runs ---- */
const off = new Set(),
  watchers = new Set();
export const hidden = {
  watch(node, fn) {
    watchers.add({ node, fn, seen: false });
  },
};
export const isHidden = task => off.has(task);
export function toggle(task) {
  if (!off.delete(task)) off.add(task);
  for (const watcher of watchers) {
    watcher.seen ||= watcher.node.isConnected;
    if (watcher.seen && !watcher.node.isConnected) watchers.delete(watcher);
    else watcher.fn();
  }
}
