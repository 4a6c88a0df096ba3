/* What the model on screen is made of and what its tasks share, with the gradient norm of each level; and what is set up now. */
import { fill, h, plain, say } from './dom.js';
import { block, isFinal, listen, page, taskName } from './bus.js';
import { madeOf, rowsOf } from './levels.js';
import { belongs, sign, tint } from './signs.js';
import { costs, sizes } from './sizes.js';

const ROOM = { alone: 156, beside: 138 }, // the height of all rows together, in pixels
  ROW = { least: 15, most: 21 },
  BAR = 4; // the least height of a layer in a row of several

export const mount = block(({ element, box, words }) => {
  const w = words.model;
  let drawn = '';
  listen(element, run => {
    const { start, layers, end } = run,
      parts = start?.parts ?? [],
      plan = page.plan && madeOf(page.plan.parts) !== madeOf(parts) ? page.plan : null;
    const key = JSON.stringify([run.id, parts.length, layers?.rows.length, !!end, isFinal(run), plan]);
    if (key === drawn) return;
    drawn = key;
    const room = parts.length && plan ? ROOM.beside : ROOM.alone;
    const pictures = [
      parts.length && picture(words, { title: w.run, told: costs(words, run), parts, room, norms: normsOf(layers) }),
      plan && picture(words, { title: w.plan, told: plan.parameters && sizes(words, plan.parameters), parts: plan.parts, room }),
    ].filter(Boolean);
    const empty = isFinal(run) && start ? w.not_noted : w.nothing_yet;
    fill(
      box,
      pictures.length ? h('div.models', {}, pictures) : h('p.idle', {}, empty),
      parts.length > 0 && layers?.rows.length > 0 && h('p.note', {}, w.norm_note),
    );
  });
});

/* Of each level { first, last }, and the step of the last measurement. */
function normsOf(layers) {
  if (!layers?.rows.length) return null;
  const of = {},
    values = [];
  layers.levels.forEach((level, i) => {
    const list = layers.rows.map(row => row[i + 1]).filter(Number.isFinite);
    if (!list.length) return;
    of[level] = { first: list[0], last: list.at(-1) };
    values.push(list[0], list.at(-1));
  });
  const sizes = values.filter(value => value > 0).map(Math.log10),
    high = Math.ceil(Math.max(...sizes)),
    low = Math.min(Math.floor(Math.min(...sizes)), high - 1);
  return sizes.length ? { of, low, high, step: layers.rows.at(-1)[0] } : null;
}

/* One model: a caption, and a row for each level. */
function picture(words, { title, told, parts, room, norms = null }) {
  const w = words.model,
    rows = rowsOf(parts, Object.keys(norms?.of ?? {})),
    high = heights(rows, room);
  const scale = norms && [norms.low, norms.high].map(power => plain(10 ** power, words.locale));
  const line = (row, i) =>
    h(
      'tr',
      { style: { '--high': `${high[i]}px` } },
      h('th', { scope: 'row' }, nameOf(row, w)),
      h('td.made', {}, made(row, words)),
      norms && h('td.norm', {}, row.levels.some(level => norms.of[level]) && bars(row, norms)),
      norms && h('td.r', {}, numbers(row, norms, words)),
    );
  return h(
    'div.model' + (norms ? '.measured' : ''),
    {},
    h('p.caption', {}, h('b', {}, title), ' ', told),
    h(
      'table.levels',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, h('span.sr', {}, w.level)),
          h('th', { scope: 'col' }, h('span.sr', {}, w.made_of)),
          norms && h('th', { scope: 'col' }, h('span.scale', { 'aria-hidden': 'true' }, h('span', {}, scale[0]), h('span', {}, scale[1])), h('span.sr', {}, w.bar)),
          norms && h('th.r', { scope: 'col' }, say(w.norm, { s: norms.step })),
        ),
      ),
      h('tbody', {}, rows.map(line)),
    ),
  );
}

function nameOf({ levels }, w) {
  const [first, last] = [levels[0], levels.at(-1)];
  if (levels.length > 1) return say(w.layers, { a: first, b: last });
  return w.levels[first] ?? say(w.layer, { n: first });
}

/* The boxes of a row: one for all where a part is shared, side by side in the tasks' colours where each has its own. */
function made(row, { model: w, units }) {
  const word = row.frozen ? w.frozen : row.shared && w.shared,
    beside = [...new Set(row.beside.map(part => w.kinds[part.kind]))];
  const told = [row.main.length > 0 && (row.shared ? w.shared : w.own), row.frozen && w.frozen, row.stitched && w.stitched, ...beside].filter(Boolean).join(units.between);
  return h(
    'div.boxes' + (row.stitched ? '.stitched' : '') + (row.frozen ? '.cold' : ''),
    { role: 'img', 'aria-label': told || '–', title: told },
    h('div.main', {}, row.main.map(boxOf), word && (row.main.length === 1 || !row.shared) && h('span.word', {}, h('b', {}, word))),
    row.beside.map(boxOf),
  );
}

function boxOf({ kind, tasks, trainable }) {
  const its = tasks.length === 1 ? tasks[0] : null;
  return h(
    `i.${kind}` + (its ? '.its' : '') + (trainable ? '' : '.frozen'),
    its ? { style: tint(its), title: taskName(its), ...belongs(its) } : {},
    kind === 'head' && its && sign(its),
  );
}

/* The latest norm of each level of a row, on the common scale, and a tick where it was first. */
function bars(row, { of, low, high }) {
  const at = value => `${value > 0 ? Math.max(0, Math.min(100, (100 * (Math.log10(value) - low)) / (high - low))).toFixed(1) : 0}%`;
  return h(
    'div.bars',
    { 'aria-hidden': 'true' },
    row.levels.map(level =>
      of[level] ? h('span', {}, h('i', { style: { width: at(of[level].last) } }), h('u', { style: { left: at(of[level].first) } })) : h('span'),
    ).reverse(),
  );
}

function numbers(row, { of }, { locale }) {
  const values = row.levels.map(level => of[level]?.last).filter(Number.isFinite);
  if (!values.length) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)].map(value => normal(value, locale));
  return low === high ? low : `${low}–${high}`;
}

/* Two digits say enough: 0.20, 3.4, 120. */
const normal = (value, locale) =>
  value >= 0.001 && value < 100 ? value.toPrecision(2) : plain(+value.toPrecision(2), locale);

/* The height of each row: layers that became one row keep as much room as there is for their bars. */
function heights(rows, room) {
  const grouped = rows.filter(row => row.levels.length > 1),
    single = grouped.length ? ROW.least : Math.max(ROW.least, Math.min(ROW.most, Math.floor(room / rows.length))),
    layers = grouped.flatMap(row => row.levels).length,
    each = Math.max(BAR, Math.floor((room - single * (rows.length - grouped.length)) / layers));
  return rows.map(row => (row.levels.length > 1 ? Math.max(single, Math.min(each, single) * row.levels.length) : single));
}
