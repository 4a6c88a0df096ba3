/* Makes nodes. Text goes in as text nodes, never as HTML: what a data set or a visitor wrote stays text. */

const SVG = 'http://www.w3.org/2000/svg',
  VECTOR = new Set(['svg', 'path', 'g', 'rect', 'circle']);

/* h('div.error', { role: 'alert', onclick: f, style: { '--t': 'red' } }, 'text', node, [nodes], null) */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = VECTOR.has(name) ? document.createElementNS(SVG, name) : document.createElement(name || 'div');
  if (classes.length) node.setAttribute('class', classes.join(' '));
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'style') for (const [property, x] of Object.entries(value)) node.style.setProperty(property, x);
    else if (value !== false && value != null) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...kept(children));
  return node;
}

export const fill = (node, ...children) => node.replaceChildren(...kept(children));

const kept = children =>
  children
    .flat(9)
    .filter(child => child != null && child !== false)
    .map(child => (child instanceof Node ? child : String(child)));

/* Fills the {places} of a sentence. A place without a value shows a dash. Of {n:row|rows} the first word stands where n
   is 1. demo/card.py does the same. */
const PLACE = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;
export const say = (sentence, values = {}) =>
  sentence.replace(PLACE, (_, key, one, many) => {
    const value = String(values[key] ?? '–');
    return many === undefined ? value : value === '1' ? one : many;
  });

const LISTS = { between: ', ', counted: '{name} ({n})' },
  LISTED = 20;
const joined = (parts, { between }) =>
  parts.slice(0, LISTED).join(between) + (parts.length > LISTED ? between + '…' : '');

const MINUS = '\u2212';

export const fixed = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits).replace('-', MINUS) : '–');

export function signed(value, digits = 1) {
  if (!Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(digits);
  return (+text === 0 ? '±' : value > 0 ? '+' : MINUS) + text;
}

/* A loss or a norm: enough digits to see it move, never more than five characters. */
export function short(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : 2);
}

/* A setting or an error's value as a person writes it: 0.0001, 12 400, 3e-7; a list, or names and how many of each. */
export function plain(value, locale = 'en', units = LISTS) {
  if (value == null || typeof value === 'boolean') return value == null ? '–' : String(value);
  if (Array.isArray(value)) return joined(value.map(item => plain(item, locale, units)), units) || '–';
  if (typeof value === 'object') {
    const each = ([name, n]) => say(units.counted, { name, n: plain(n, locale, units) });
    return joined(Object.entries(value).map(each), units) || '–';
  }
  if (typeof value !== 'number') return String(value) || '–';
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e9)) return value.toExponential().replace('-', MINUS);
  return value.toLocaleString(locale, { maximumSignificantDigits: 4, useGrouping: size >= 10000 });
}

export function duration(units, seconds) {
  const s = Math.max(1, Math.round(seconds));
  if (s < 90) return say(units.s, { n: s });
  if (s < 3600) return s % 60 ? say(units.min_s, { n: Math.floor(s / 60), s: s % 60 }) : say(units.min, { n: s / 60 });
  return say(units.h_min, { n: Math.floor(s / 3600), m: Math.round((s % 3600) / 60) });
}

export const memory = (units, bytes) =>
  bytes >= 1e9 ? say(units.gb, { n: (bytes / 1e9).toFixed(1) }) : say(units.mb, { n: Math.round(bytes / 1e6) });
