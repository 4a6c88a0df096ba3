/* One answer of each kind, as a person reads it: bars of labels, stars on a scale, marked words in the text. */
import { fixed, h, say } from './dom.js';
import { labelName } from './bus.js';

const STAR = 'M8 .8L10.2 5.6L15.4 6.2L11.5 9.7L12.6 14.9L8 12.3L3.4 14.9L4.5 9.7L.6 6.2L5.8 5.6Z',
  SHOWN = 3;
const percent = value => Math.round(100 * value),
  wide = share => `${Math.min(100, Math.max(0, 100 * share)).toFixed(1)}%`;

/* now and before are answers of mtl.inference, before may be missing. */
export const body = (words, now, before) => ({ label, score, spans })[now.type](words, now, before);

/* The few words beside the task's name. */
export function certainty(words, now, before) {
  const sure = p => say(words.ask.sure, { p: percent(p) });
  if (now.type === 'label') return sure(now.probabilities[now.label] ?? 0);
  if (now.type !== 'spans') return null;
  const found = now.spans.length ? sure(Math.min(...now.spans.map(span => span.probability))) : words.ask.nothing_found;
  return [before && say(words.ask.found, { n: before.spans.length }), found].filter(Boolean).join(' · ');
}

const change = (was, is) => h('span.val', {}, was != null && [h('s', {}, was), h('span', {}, '→')], h('b', {}, is));

function label(words, now, before) {
  const rows = Object.entries(now.probabilities)
    .sort((a, b) => b[1] - a[1])
    .slice(0, SHOWN);
  return rows.map(([name, p], i) => {
    const was = before?.probabilities?.[name];
    return h(
      'div.barrow' + (i ? '' : '.top'),
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

function mark(words, text, type) {
  const name = words.entities[type] ?? type;
  return h('mark', { 'data-type': type }, text, h('small', {}, name));
}
