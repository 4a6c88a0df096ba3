/* Where each head errs on validation rows: a matrix whose numbers open their texts, the hardest texts, parts by length and label. */
import { fill, fixed, h, say, short } from './dom.js';
import { block, isFinal, labelName, listen, taskName } from './bus.js';
import { belongs, sign, tint } from './signs.js';

const CJK = /[\u2e80-\u9fff]/; // stands upright in a line from top to bottom

export const mount = block(({ element, box, words }) => {
  const w = words.mistakes;
  let drawn = '',
    chosen = null;

  listen(element, run => {
    const key = [run.id, run.mistakes.length, isFinal(run)].join();
    if (key === drawn) return;
    drawn = key;
    const told = new Map(run.mistakes.map(event => [event.task, event]));
    if (!told.size) return fill(box, h('p.idle', {}, isFinal(run) ? w.none : w.later));
    draw(told);
  });

  function draw(told) {
    if (!told.has(chosen)) chosen = [...told.keys()][0];
    const inside = h('div.inside');
    const picks = [...told.keys()].map(task =>
      h(
        'button.pick',
        { type: 'button', 'aria-pressed': String(task === chosen), style: tint(task), ...belongs(task), onclick: event => pick(event.currentTarget, task) },
        sign(task),
        taskName(task),
      ),
    );
    function pick(button, task) {
      chosen = task;
      for (const each of picks) each.setAttribute('aria-pressed', each === button);
      fill(inside, one(words, told.get(task)));
    }
    fill(inside, one(words, told.get(chosen)));
    fill(box, h('div.picks', { role: 'group', 'aria-label': w.pick }, picks), inside);
  }
});

/* One task. */
function one(words, event) {
  const w = words.mistakes,
    examples = h('div.examples', { 'aria-live': 'polite' }),
    show = (title, rows) => fill(examples, h('h4', {}, title), rows.length ? h('ul', {}, rows.map(row => line(words, event.rows[row], !!event.counts))) : h('p.note', {}, w.no_example));
  show(w.hardest, event.hardest);
  const open = (cell, pressed) => {
    if (!pressed) return show(w.hardest, event.hardest);
    const [gold, said] = [cell.gold, cell.said].map(at => named(words, event.labels[at])),
      rows = event.cells.find(each => each.gold === cell.gold && each.said === cell.said)?.rows ?? [],
      title = say(cell.gold === cell.said ? w.right : w.taken, { gold, said });
    show(`${title} · ${say(w.shown, { n: rows.length, m: event.counts[cell.gold][cell.said] })}`, rows);
  };
  return [
    h(
      'div.sides',
      { style: tint(event.task) },
      h('div.numbers', {}, event.counts ? matrix(words, event, open) : h('p.note', {}, w.no_matrix), slices(words, event)),
      examples,
    ),
    h('p.note', {}, say(w.note, { n: event.examined, s: event.of_step })),
  ];
}

const named = (words, label) => (label === '' ? words.mistakes.others : label === 'O' ? words.mistakes.outside : (words.entities[label] ?? labelName(label)));

/* Rows what is right, columns what was said. The Tab key stops once; from there the arrows lead from number to number. */
function matrix(words, { labels, counts }, open) {
  const w = words.mistakes,
    buttons = new Map(),
    most = Math.max(1, ...counts.flatMap((row, i) => row.filter((_, j) => i !== j)));
  let stop = null;
  const press = (button, cell) => {
    const pressed = button.getAttribute('aria-pressed') !== 'true';
    for (const each of buttons.values()) each.setAttribute('aria-pressed', false);
    button.setAttribute('aria-pressed', pressed);
    open(cell, pressed);
  };
  const move = (event, i, j) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    for (let [a, b] = [i + step[0], j + step[1]]; counts[a]?.[b] !== undefined; a += step[0], b += step[1]) {
      const next = buttons.get(`${a} ${b}`);
      if (!next) continue;
      stop.tabIndex = -1;
      stop = next;
      stop.tabIndex = 0;
      return stop.focus();
    }
  };
  const cell = (n, i, j) => {
    const kind = i === j ? '.right' : '';
    if (!n) return h('td.nil' + kind, {}, '0');
    const [gold, said] = [labels[i], labels[j]].map(label => named(words, label));
    const button = h(
      'button',
      {
        type: 'button',
        tabindex: stop ? -1 : 0,
        'aria-pressed': 'false',
        'aria-label': say(w.cell, { gold, said, n }),
        onclick: event => press(event.currentTarget, { gold: i, said: j }),
        onkeydown: event => move(event, i, j),
      },
      n,
    );
    stop ??= button;
    buttons.set(`${i} ${j}`, button);
    return h('td' + kind, { title: say(w.cell, { gold, said, n }), style: { '--k': (n / most).toFixed(2) } }, button);
  };
  const head = label => h('th', { scope: 'col', title: named(words, label) }, h(CJK.test(named(words, label)) ? 'span.upright' : 'span', {}, named(words, label)));
  const row = (label, i) => h('tr', {}, h('th', { scope: 'row', title: named(words, label) }, named(words, label)), counts[i].map((n, j) => cell(n, i, j)));
  return h(
    'div.across',
    {},
    h(labels.length > 6 ? 'table.confusion.many' : 'table.confusion', { 'aria-label': w.matrix }, h('thead', {}, h('tr', {}, h('td.corner', {}, w.corner), labels.map(head))), h('tbody', {}, labels.map(row))),
  );
}

/* A text, what is right and what was said about it. */
function line(words, row, choice) {
  const w = words.mistakes,
    letters = [...row.text],
    name = value => (value === '' ? w.nothing : choice ? named(words, value) : value),
    text = row.word ? [letters.slice(0, row.word[0]).join(''), h('mark', {}, letters.slice(...row.word).join('')), letters.slice(row.word[1]).join('')] : row.text;
  return h(
    'li',
    {},
    h('p.reads', {}, text, row.text_pair != null && [' / ', row.text_pair]),
    h('p', {}, name(row.gold), row.gold === row.said ? ' ✓' : [h('span.soft', {}, ' → '), h('b', {}, name(row.said))], h('span.soft', {}, ` · ${say(w.became, { loss: short(row.loss) })}`)),
  );
}

/* The same score of parts of the rows. */
function slices(words, { metric, lengths, groups }) {
  const w = words.mistakes,
    percent = value => (Number.isFinite(value) ? fixed(100 * value, 0) : '–');
  const row = (title, each) => h('tr', {}, h('th', { scope: 'row' }, title), h('td.r', {}, each.rows), h('td.r', {}, short(each.loss)), h('td.r', {}, h('b', {}, percent(each.score))));
  const part = (title, rows) => rows.length > 0 && [h('tr', {}, h('th.part', { colspan: 4, scope: 'rowgroup' }, title)), rows];
  return h(
    'table.slices',
    {},
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, w.slice), [w.rows, w.loss, words.metrics[metric] ?? metric].map(title => h('th.r', { scope: 'col' }, title)))),
    h(
      'tbody',
      {},
      part(w.by_length, lengths.map(each => row(say(w.lengths[each.name] ?? each.name, each), each))),
      part(w.by_label, groups.map(each => row(w.groups[each.name] ?? named(words, each.name), each))),
    ),
  );
}
