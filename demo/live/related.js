/* A matrix of what tasks do to each other: a signed number for each ordered pair, read out below, and its cost. */
import { h, say, signed } from './dom.js';
import { focus, taskName, tasksOf } from './bus.js';
import { shade, strengthOf } from './cell.js';
import { belongs, sign, who } from './signs.js';

/* found: as demo/relating.py tells it. */
export function matrix(kind, found, { run, words, cost }) {
  const w = words.relations,
    tasks = tasksOf(run).filter(task => found.tasks.includes(task)),
    write = writer(kind, found, w),
    most = largest(found) || 1;
  const valueOf = (a, b) => found.values[found.tasks.indexOf(a)][found.tasks.indexOf(b)];
  const cell = (a, b) => {
    const value = valueOf(a, b);
    if (a === b) return h('td.self', {}, kind === 'affinity' && value !== null ? write(value) : sign(a));
    const node = h(
      'td',
      {
        title: say(w.effect, { a: taskName(a), b: taskName(b), v: value === null ? w.unknown : write.whole(value) }),
        onmouseenter: () => focus(a, b),
        onmouseleave: () => focus(),
      },
      value === null ? '–' : write(value),
    );
    shade(node, value, kind === 'cosine' ? strengthOf(value) : Math.abs(value ?? 0) / most);
    return node;
  };
  return [
    grid(w[kind].title, tasks, cell),
    h('p.reading', {}, reading(kind, found, w, write, words.units.sentences)),
    h('p.note', {}, cost),
  ];
}

/* A table with a row and a column for each task; cell(a, b) draws what stands where they cross. */
export function grid(title, tasks, cell) {
  const line = a => h('tr', {}, h('th', { scope: 'row', ...belongs(a) }, who(a)), tasks.map(b => cell(a, b)));
  const head = b => h('th', { scope: 'col', title: taskName(b), ...belongs(b) }, sign(b), h('span.sr', {}, taskName(b)));
  return h(
    'div.across',
    { tabindex: 0, role: 'group', 'aria-label': title },
    h('table.matrix', {}, h('thead', {}, h('tr', {}, h('td'), tasks.map(head))), h('tbody', {}, tasks.map(line))),
  );
}

/* One sentence for the strongest help, one for the strongest conflict; what is written as nothing is none. */
function reading(kind, { help, conflict }, w, write, between) {
  const one = (effect, told, none) =>
    effect && !write(effect.value).startsWith('±') ? say(told, { a: taskName(effect.source), b: taskName(effect.target), v: write.whole(effect.value) }) : none;
  return [one(help, w[kind].help, w[kind].no_help), one(conflict, w[kind].conflict, w[kind].no_conflict)].join(between || '');
}

/* What measuring has cost, of a relation that a run measures while it trains. */
export function costOf(kind, { measured }, { start }, words, every) {
  const n = start.tasks.length,
    sources = new Set(start.tasks.map(task => task.source)).size,
    often = every === 1 ? words.conflict.each_step : say(words.conflict.every, { k: every });
  return say(words.relations[kind].cost, { m: measured, every: often, n, f: (n + 2) * sources });
}

/* The largest effect of one task on another, of either sign. */
export const largest = ({ tasks, values }) =>
  Math.max(0, ...tasks.flatMap((_, i) => tasks.map((_, j) => (i === j ? 0 : Math.abs(values[i][j] ?? 0)))));

/* Cosines with two digits; affinities in percent, with as many as tell the larger ones apart. whole: with their unit. */
export function writer(kind, found, w) {
  const cosine = value => signed(value, 2);
  if (kind === 'cosine') return Object.assign(cosine, { whole: cosine });
  const high = 100 * largest(found),
    digits = high > 0 ? Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(high)))) : 1,
    percent = value => signed(100 * value, digits);
  return Object.assign(percent, { whole: value => say(w.percent, { v: percent(value) }) });
}
