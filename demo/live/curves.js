/* From a run's rows to what the chart draws: three traces a task (raw, smoothed, validation), and how they grow. */
import { isHidden, tasksOf } from './bus.js';
import { DASHES, SYMBOLS, colourOf, isHollow } from './signs.js';

export const token = name => getComputedStyle(document.body).getPropertyValue(name).trim();

/* Columns of a row of the feed: [step, t, examples, loss, …] for train, [step, t, loss] for validation. */
const X = { train: { steps: 0, seconds: 1, examples: 2 }, validation: { steps: 0, seconds: 1 } };
const finite = value => (Number.isFinite(value) ? value : null);

/* A smoothed mean that does not lean towards its start: m ← a·m + (1−a)·y, divided by the weight so far. */
export function smoother(a) {
  let mean = 0,
    weight = 0;
  return y => {
    if (!Number.isFinite(y)) return null;
    mean = a * mean + (1 - a) * y;
    weight = a * weight + 1 - a;
    return mean / weight;
  };
}

export class Curves {
  /* view: { smooth: 0…0.95, x: steps | seconds | examples } */
  constructor(run, view) {
    this.run = run;
    this.x = view.x;
    this.lines = tasksOf(run).map(task => ({
      task,
      smooth: smoother(view.smooth),
      train: 0,
      validation: 0,
      first: null,
      high: -Infinity,
      low: Infinity,
      last: null,
    }));
  }

  /* The traces with all rows so far. */
  traces() {
    const news = this.grow();
    return this.lines.flatMap((line, i) => {
      const color = token(`--t${colourOf(line.task)}`),
        visible = !isHidden(line.task),
        dash = DASHES[colourOf(line.task)];
      const made = k => ({ x: news.x[3 * i + k], y: news.y[3 * i + k], visible, type: 'scatter', connectgaps: false });
      return [
        { ...made(0), mode: 'lines', line: { color, width: 1 }, opacity: 0.16, hoverinfo: 'skip' },
        { ...made(1), mode: 'lines', line: { color, width: 2 } },
        {
          ...made(2),
          mode: 'lines+markers',
          line: {
            color,
            width: 1.6,
            dash: dash
              .split(' ')
              .map(v => v + 'px')
              .join(' '),
          },
          marker: { symbol: SYMBOLS[colourOf(line.task)] + (isHollow(line.task) ? '-open' : ''), size: 5, color },
        },
      ];
    });
  }

  /* The rows since the last call, in the shape extendTraces wants: { x, y, indices }. */
  grow() {
    const out = { x: [], y: [], indices: [], rows: 0 };
    this.lines.forEach((line, i) => {
      const train = (this.run.train[line.task] ?? []).slice(line.train),
        validation = (this.run.validation[line.task] ?? []).slice(line.validation);
      line.train += train.length;
      line.validation += validation.length;
      const x = train.map(row => row[X.train[this.x]]),
        raw = train.map(row => finite(row[3]));
      const smoothed = raw.map(line.smooth);
      this.#note(line, x, smoothed, validation);
      out.x.push(
        x,
        x,
        validation.map(row => this.#place(line.task, row)),
      );
      out.y.push(
        raw,
        smoothed,
        validation.map(row => finite(row[2])),
      );
      out.indices.push(3 * i, 3 * i + 1, 3 * i + 2);
      out.rows += train.length + validation.length;
    });
    return out;
  }

  /* A validation row has no count of examples: it takes the one of the training row of its step. */
  #place(task, row) {
    if (this.x !== 'examples') return row[X.validation[this.x]];
    const rows = this.run.train[task] ?? [];
    let last = 0;
    for (const item of rows) {
      if (item[0] > row[0]) break;
      last = item[2];
    }
    return last;
  }

  #note(line, x, smoothed, validation) {
    for (const y of [...smoothed, ...validation.map(row => row[2])]) {
      if (!Number.isFinite(y)) continue;
      line.first ??= y;
      line.high = Math.max(line.high, y);
      line.low = Math.min(line.low, y);
    }
    const at = smoothed.findLastIndex(Number.isFinite);
    if (at >= 0) line.last = { x: x[at], y: smoothed[at], broken: smoothed.at(-1) === null };
    else if (x.length && line.last) line.last.broken = true;
  }

  /* Where the horizontal axis ends: the budget in steps, so that progress is visible; the like in seconds and examples. */
  end() {
    const { status, start } = this.run,
      steps = status?.max_steps || start?.max_steps || 100;
    if (this.x === 'steps') return steps;
    const rows = Object.values(this.run.train)
      .map(list => list.at(-1))
      .filter(Boolean);
    const column = X.train[this.x],
      seen = Math.max(0, ...rows.map(row => row[column])),
      step = Math.max(1, ...rows.map(row => row[0]));
    const done = ['finished', 'stopped', 'failed', 'interrupted'].includes(status?.state);
    return seen ? (done ? seen : round((seen * steps) / step)) : 1;
  }

  /* The vertical range of the shown tasks. One that explodes may leave the top: four times the start is kept. */
  range(log) {
    const shown = this.lines.filter(line => line.first !== null && !isHidden(line.task));
    if (!shown.length) return log ? [-1, 0.5] : [0, 1];
    const cap = 4 * Math.max(...shown.map(line => line.first)),
      top = Math.min(cap, Math.max(...shown.map(line => line.high))) * 1.05;
    const low = Math.max(1e-6, Math.min(...shown.map(line => line.low)));
    return log ? [Math.log10(low * 0.85), Math.log10(top * 1.1)] : [0, top];
  }
}

/* Up to two figures: an axis that moves rarely. */
function round(value) {
  const size = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / size) * size;
}
