/* One answer of each kind, as a person reads it: bars of labels, stars on a scale, marked words in the text. */
import { fixed, h, say } from './dom.js';
import { labelName } from './bus.js';

const STAR = 'M8 .8L10.2 5.6L15.4 6.2L11.5 9.7L12.6 14.9L8 12.3L3.4 14.9L4.5 9.7L.6 6.2L5.8 5.6Z',
  SHOWN = 3,
  AROUND = 160;
const percent = value => Math.round(100 * value),
  wide = share => `${Math.min(100, Math.max(0, 100 * share)).toFixed(1)}%`;

/* now and before are answers of mtl.inference, before may be missing. */
export const body = (words, now, before) =>
  ({ label, labels, score, spans, extract, text })[now.type](words, now, before);

/* The few words beside the task's name. */
export function certainty(words, now, before) {
  const sure = p => say(words.ask.sure, { p: percent(p) });
  if (now.type === 'label') return sure(now.probabilities[now.label] ?? 0);
  if (now.type === 'labels') return now.labels.length ? null : words.ask.no_label;
  if (now.type === 'extract') return now.answered ? sure(now.candidates[0]?.probability ?? 0) : null;
  if (now.type !== 'spans') return null;
  const found = now.spans.length ? sure(Math.min(...now.spans.map(span => span.probability))) : words.ask.nothing_found;
  return [before && say(words.ask.found, { n: before.spans.length }), found].filter(Boolean).join(' · ');
}

const change = (was, is) => h('span.val', {}, was != null && [h('s', {}, was), h('span', {}, '→')], h('b', {}, is));

const likeliest = now =>
  Object.entries(now.probabilities)
    .sort((a, b) => b[1] - a[1])
    .slice(0, SHOWN);
const label = (words, now, before) => bars(likeliest(now), before, (_, i) => i === 0);

/* Each label stands for itself: bold are those above their own threshold. */
const labels = (words, now, before) => bars(likeliest(now), before, name => now.labels.includes(name));

function bars(rows, before, chosen) {
  return rows.map(([name, p], i) => {
    const was = before?.probabilities?.[name];
    return h(
      'div.barrow' + (chosen(name, i) ? '.top' : ''),
      {},
      h('span.lab', { title: labelName(name) }, labelName(name)),
      h(
        'span.track',
        { 'aria-hidden': 'true' },
        h('i.now', { style: { width: wide(p) } }),
        was != null && h('i.was', { style: { width: wide(was) } }),
      ),
      change(was != null ? percent(was) : null, percent(p)),
    );
  });
}

function score(words, now, before) {
  const full = now.high,
    row = kind =>
      h(
        `svg.row.${kind}`,
        { viewBox: '0 0 88 16', width: 88, height: 16, 'aria-hidden': 'true' },
        [0, 1, 2, 3, 4].map(i => h('path', { d: STAR, transform: `translate(${i * 18} 0)` })),
      );
  const stars =
    full === 5 &&
    h(
      'span.five',
      {},
      row('off'),
      h('span.cut', { style: { width: wide(now.value / full) } }, row('full')),
      before && h('i.mark', { style: { left: wide(before.value / full) } }),
    );
  return h(
    'div.gauge',
    {},
    stars,
    h('b', {}, fixed(now.value, 1)),
    h('span', {}, say(words.ask.of_five, { high: full })),
    before && change(fixed(before.value, 1), fixed(now.value, 1)),
  );
}

/* The text as asked, with the found words marked; each type of entity has its own underline besides its name. */
function spans(words, now) {
  const letters = [...now.text],
    parts = [];
  let at = 0;
  for (const span of [...now.spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at) continue;
    parts.push(
      letters.slice(at, span.start).join(''),
      mark(words, letters.slice(span.start, span.end).join(''), span.label),
    );
    at = span.end;
  }
  parts.push(letters.slice(at).join(''));
  return h('p.passage', {}, parts);
}

/* The passage around its answer, or the sentence that it holds none. */
function extract(words, now) {
  const best = now.candidates[0];
  if (!now.answered || !best) return h('p.passage', {}, words.ask.no_answer);
  const letters = [...now.passage],
    from = Math.max(0, best.start - AROUND),
    to = Math.min(letters.length, best.end + AROUND);
  return h(
    'p.passage',
    {},
    from > 0 && '… ',
    letters.slice(from, best.start).join(''),
    h('mark', {}, letters.slice(best.start, best.end).join('')),
    letters.slice(best.end, to).join(''),
    to < letters.length && ' …',
  );
}

/* What was written, and above it what was written before training. */
const text = (words, now, before) => [
  before && before.text !== now.text && h('p.passage.was', {}, before.text || words.ask.nothing_written),
  h('p.passage', {}, now.text || words.ask.nothing_written),
];

function mark(words, text, type) {
  const name = words.entities[type] ?? type;
  return h('mark', { 'data-type': type }, text, h('small', {}, name));
}
