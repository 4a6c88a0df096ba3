/* A small curve for each task, all on one scale: the weights, and the gradient norms. */
import { fill, h, short } from './dom.js';
import { block, listen, run as current, tasksOf } from './bus.js';
import { belongs, tint, who } from './signs.js';

const WIDE = 200,
  HIGH = 46,
  FLOOR = 44,
  COLUMN = { weights: 4, norms: 5 },
  BASE = { weights: 1, norms: 0 },
  POINTS = 200;

export const mount = block(({ element, box, props, words }) => {
  const { kind } = props.value,
    w = words.watch,
    column = COLUMN[kind];
  const idle = { weights: w.no_weights, norms: w.no_norms }[kind],
    note = { weights: w.weight_note, norms: w.norm_note }[kind];
  const tiles = new Map();
  let of = null;

  function tile(task) {
    const spark = h('path.spark'),
      base = h('path.base'),
      number = h('b');
    tiles.set(task, { spark, base, number });
    return h(
      'div.tile',
      { style: tint(task), ...belongs(task) },
      h('div', {}, who(task), number),
      h('svg', { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, base, spark),
    );
  }
  function draw(run) {
    if (!box.offsetParent) return;
    const tasks = tasksOf(run),
      any = tasks.some(task => run.train[task]?.length),
      key = any ? [run.id, ...tasks].join() : '';
    if (key !== of) {
      of = key;
      tiles.clear();
      fill(box, ...(any ? [h('div.tiles', {}, tasks.map(tile)), h('p.note', {}, note)] : [h('p.idle', {}, idle)]));
    }
    if (!any) return;
    const rows = tasks.map(task => thin((run.train[task] ?? []).filter(row => Number.isFinite(row[column]))));
    // The base line of the weights, 1, is never above the middle.
    const top = Math.max(2 * BASE[kind], 1.05 * Math.max(0, ...rows.flat().map(row => row[column]))) || 1,
      steps = run.status?.max_steps || 1;
    // A balancer may turn a task's gradient round: then its weight is below 0.
    const bottom = Math.min(0, ...rows.flat().map(row => row[column]));
    const y = value => FLOOR - ((value - bottom) / (top - bottom)) * (FLOOR - 2);
    tasks.forEach((task, i) => {
      const { spark, base, number } = tiles.get(task),
        list = rows[i];
      number.textContent = list.length ? short(list.at(-1)[column]) : '–';
      base.setAttribute('d', `M0 ${y(BASE[kind])}H${WIDE}`);
      spark.setAttribute(
        'd',
        list.length
          ? 'M' + list.map(row => `${((row[0] / steps) * WIDE).toFixed(1)} ${y(row[column]).toFixed(1)}`).join('L')
          : '',
      );
    });
  }
  listen(element, draw);
  new ResizeObserver(() => draw(current)).observe(element); // a tab that opens draws itself
});

/* At most POINTS of the rows, the last one among them. */
function thin(rows) {
  if (rows.length <= POINTS) return rows;
  const step = Math.ceil(rows.length / POINTS);
  return rows.filter((_, i) => (rows.length - 1 - i) % step === 0);
}
