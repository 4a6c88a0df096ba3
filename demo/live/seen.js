/* Rows as the task sees them, labels with counts, and the rows that cannot be used. All of it is text, never markup. */
import { fixed, h, say } from './dom.js';
import { labelName } from './bus.js';

const MOST = 12;

/* The answer or the tags marked in the text they belong to. */
const marked = (parts, name) =>
  parts.map(([text, mark]) => (mark == null ? text : h('mark', {}, text, mark && h('small', {}, name(mark)))));

export function rowSeen(words, row, kind) {
  const w = words.data;
  if (kind === 'question_answering')
    return h('div.seenrow', {}, h('p.q', {}, row.text), h('p.reads', {}, marked(row.parts ?? [])), row.none && h('p.chips', {}, h('span.tag.none', {}, w.no_answer)));
  if (kind === 'tagging') return h('div.seenrow', {}, h('p.reads.tags', {}, marked(spaced(row.parts ?? []), entity(words)), row.cut && ' …'));
  return h(
    'div.seenrow',
    {},
    h('p.reads', {}, row.text),
    row.pair != null && h('p.reads.second', {}, row.pair),
    row.labels && h('p.chips', {}, row.labels.length ? row.labels.map(label => h('span.tag', {}, labelName(label))) : h('span.tag.none', {}, words.ask.no_label)),
    row.number != null && h('p.chips', {}, h('span.tag', {}, fixed(row.number, Number.isInteger(row.number) ? 0 : 2))),
    row.target != null && h('p.reads.target', {}, row.target),
  );
}

const entity = words => type => words.entities[type] ?? type;
const CJK = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]/;
/* Words of scripts with spaces get theirs back between the pieces. */
const spaced = parts => parts.map(([text, mark], i) => [text, mark, i]).flatMap(([text, mark, i]) => (i && !(CJK.test(text[0] ?? '') && CJK.test(parts[i - 1][0].slice(-1))) ? [[' ', null], [text, mark]] : [[text, mark]]));

export const rowsSeen = (words, preview) =>
  h('div.rows', {}, preview.shown.map(row => rowSeen(words, row, preview.spec.kind)));

export function labelCounts(words, preview) {
  const w = words.data,
    counts = Object.entries(preview.labels);
  if (!counts.length) return null;
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const row = ([label, count]) =>
    h(
      'div.count',
      {},
      h('span.lab', { title: label }, labelName(label)),
      h('span.track', { 'aria-hidden': 'true' }, h('i', { style: { width: `${(100 * count) / most}%` } })),
      h('b', {}, count.toLocaleString(words.locale)),
    );
  return h(
    'div.counts',
    {},
    h('h4', {}, say(w.labels, { n: counts.length.toLocaleString(words.locale) })),
    counts.slice(0, MOST).map(row),
    counts.length > MOST && h('details', {}, h('summary', {}, say(w.more_labels, { n: counts.length - MOST })), counts.slice(MOST).map(row)),
  );
}

export function splitLine(words, preview) {
  const w = words.data,
    values = Object.fromEntries(Object.entries(preview.rows).map(([split, n]) => [split, n.toLocaleString(words.locale)])),
    names = preview.made.map(split => w.split_names[split]).join(words.lang === 'zh' ? '、' : ', ');
  return [
    h('p.splits', {}, say(w.splits, values)),
    preview.made.length > 0 && h('p.note', {}, say(w.splits_made, { names })),
    preview.sampled && h('p.note', {}, say(w.sampled, { n: (2000).toLocaleString(words.locale) })),
  ];
}

/* How many rows have which problem, the first of each, and what is done about them. */
export function faults(words, preview, chosen, choose) {
  const w = words.data,
    reasons = Object.entries(preview.problems);
  if (!reasons.length) return h('p.note', {}, w.no_problems);
  const first = reason =>
    preview.first_problems
      .filter(problem => problem.reason === reason)
      .map(problem => h('li', {}, h('b', {}, say(w.row, { n: problem.row.toLocaleString(words.locale) })), ` · ${problem.column}`, problem.found && ` · ${say(w.found, { found: problem.found })}`));
  const option = (value, label) =>
    h('label', {}, h('input.dot', { type: 'radio', name: 'bad_rows', value, checked: chosen === value, onchange: () => choose(value) }), label);
  return h(
    'div.faults',
    {},
    h('h3', {}, w.problems),
    reasons.map(([reason, count]) =>
      h('details', {}, h('summary', {}, h('b', {}, count.toLocaleString(words.locale)), ` × ${words.problems[reason] ?? reason}`), h('ul', {}, first(reason))),
    ),
    h('div.either', { role: 'radiogroup', 'aria-label': w.problems }, option('drop', w.drop_rows), option('stop', w.stop_rows)),
  );
}
