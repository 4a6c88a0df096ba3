/* How the tasks' gradients agree: above the diagonal a number for each pair, below it its course, beside it in words. */
import { fill, h, say, signed } from './dom.js';
import { block, focus, isFinal, listen, taskName, tasksOf } from './bus.js';
import { missing, shade, strengthOf, WORDED } from './cell.js';
import { course } from './course.js';
import { sign, tint, who } from './signs.js';

const RECENT = 5, // as mtl/analysis/conflicts.py
  LEAST_SCALE = 0.2;

export const mount = block(({ element, box, words }) => {
  const w = words.conflict;
  let of = null,
    matrix = null;
  listen(element, run => {
    const why = missing(run, w, { measured: run.conflicts, every: run.start?.conflict_steps, final: isFinal(run) }),
      key = why ?? JSON.stringify([run.id, tasksOf(run)]);
    if (key !== of) {
      of = key;
      matrix = why ? null : new Matrix(tasksOf(run), w);
      fill(box, why ? h('p.idle', {}, why) : matrix.nodes);
    }
    matrix?.show(run);
  });
});

/* Where a pair stands in the lists of the feed, whose pairs are (0, 1), (0, 2), (1, 2), (0, 3), … */
const pairOf = (i, j) => (Math.max(i, j) * (Math.max(i, j) - 1)) / 2 + Math.min(i, j);

class Matrix {
  constructor(tasks, w) {
    this.tasks = tasks;
    this.w = w;
    this.pairs = tasks.flatMap((a, i) => tasks.slice(i + 1).map(b => this.#pair(a, b)));
    this.facts = h('div.facts');
    this.note = h('p.note');
    this.nodes = [h('div.split', {}, h('div.across', {}, this.#table()), this.facts), this.note];
  }

  /* The two cells of a pair. */
  #pair(a, b) {
    const pointing = { onmouseenter: () => focus(a, b), onmouseleave: () => focus() },
      spoken = h('span.sr'),
      number = h('b'),
      word = h('small');
    return {
      a,
      b,
      number,
      word,
      spoken,
      course: h('td.course', pointing),
      cell: h(
        'td',
        {
          tabindex: -1,
          ...pointing,
          onfocus: () => focus(a, b),
          onblur: () => focus(),
          onkeydown: event => this.#move(event, a, b),
        },
        number,
        word,
        spoken,
      ),
    };
  }

  #table() {
    const named = task => ({ 'data-task': task, onmouseenter: () => focus(task), onmouseleave: () => focus() });
    const head = task => h('th', { scope: 'col', title: taskName(task), ...named(task) }, sign(task), h('span.sr', {}, taskName(task)));
    const cell = (row, column) => {
      if (row === column) return h('td.self', {}, sign(row));
      const pair = this.#of(row, column);
      return pair.a === row ? pair.cell : pair.course;
    };
    const line = task =>
      h('tr', {}, h('th', { scope: 'row', ...named(task) }, who(task)), this.tasks.map(other => cell(task, other)));
    this.pairs[0].cell.tabIndex = 0;
    return h(
      'table.matrix',
      {},
      h('thead', {}, h('tr', {}, h('td'), this.tasks.map(head))),
      h('tbody', {}, this.tasks.map(line)),
    );
  }

  #of = (a, b) => this.pairs.find(pair => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a));

  /* One stop for the Tab key; from there the arrows lead from pair to pair. */
  #move(event, a, b) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = [this.tasks[this.tasks.indexOf(a) + step[0]], this.tasks[this.tasks.indexOf(b) + step[1]]],
      next = row && column && row !== column && this.#of(row, column);
    if (next?.a !== row) return;
    this.#of(a, b).cell.tabIndex = -1;
    next.cell.tabIndex = 0;
    next.cell.focus();
  }

  show(run) {
    const { conflicts, status, start } = run;
    if (this.shown === conflicts) return;
    this.shown = conflicts;
    const highest = Math.max(...conflicts.rows.flatMap(row => row.slice(1).map(Math.abs))),
      frame = { scale: Math.max(LEAST_SCALE, highest), steps: status?.max_steps || start.max_steps };
    for (const pair of this.pairs) this.#fill(pair, conflicts, frame);
    this.#tell(conflicts);
    const { w } = this,
      every = start.conflict_steps;
    this.note.textContent = say(w.note, {
      every: every === 1 ? w.each_step : say(w.every, { k: every }),
      m: conflicts.measured,
      r: RECENT,
    });
  }

  #fill(pair, conflicts, frame) {
    const [i, j] = [pair.a, pair.b].map(task => conflicts.tasks.indexOf(task)),
      at = i < 0 || j < 0 ? -1 : pairOf(i, j),
      mean = conflicts.mean[at] ?? null,
      share = conflicts.share[at] ?? null,
      { w } = this,
      names = { a: taskName(pair.a), b: taskName(pair.b) };
    pair.number.textContent = signed(mean ?? NaN, 2);
    pair.word.textContent = loud(mean) ? this.#word(mean) : '';
    pair.spoken.textContent = mean !== null && !loud(mean) ? w.neither : '';
    shade(pair.cell, mean, strengthOf(mean));
    pair.cell.title = say(w.pair, names) + (mean === null ? '' : `: ${signed(mean, 2)} ${this.#word(mean)}`);
    const told = share === null ? say(w.pair, names) : say(w.course, { ...names, n: Math.round(100 * share) });
    pair.course.title = told;
    fill(pair.course, course(conflicts.rows.map(row => [row[0], row[at + 1]]), frame, told));
  }

  #word = mean => (!loud(mean) ? this.w.neither : mean > 0 ? this.w.help : this.w.conflict);

  /* The strongest pairs, and how often anything conflicts. */
  #tell({ tasks, mean, help, conflict, measured, conflicting }) {
    const { w } = this,
      names = [];
    tasks.forEach((b, j) => tasks.slice(0, j).forEach(a => names.push([a, b])));
    const name = task => h('span.who', { style: tint(task) }, sign(task), taskName(task));
    const fact = (title, at) =>
      h(
        'p',
        {},
        h('span.title', {}, title, h('b', {}, at == null ? w.none : signed(mean[at], 2))),
        at != null && names[at].map(name),
      );
    const share = { n: conflicting, m: measured, p: Math.round((100 * conflicting) / measured) };
    fill(this.facts, fact(w.strongest_help, help), fact(w.strongest_conflict, conflict), h('p', {}, say(w.share, share)));
  }
}

const loud = mean => mean !== null && Math.abs(+mean.toFixed(2)) >= WORDED;
