/* What is here: the bundled tasks and those of the catalogue, with a few rows of what needs no network. */
import { h, say } from './dom.js';
import { taskName } from './bus.js';
import { rowSeen } from './seen.js';

export function shelf(words, entries) {
  const w = words.data;
  let open = null;
  const ticked = () => new Set([...document.querySelectorAll('#cards .card.on')].map(card => card.dataset.task));
  const language = code => code.split('-').map(part => w.languages[part] ?? part).join(' → ');
  const licence = name => w.licences[name] ?? name;
  const add = name => document.dispatchEvent(new CustomEvent('lab:tick', { detail: name }));

  const line = (entry, on, redraw) => [
    h(
      'tr' + (entry.shown.length ? '.opens' : ''),
      {},
      h(
        'th',
        { scope: 'row' },
        entry.shown.length
          ? h('button.name', { type: 'button', 'aria-expanded': String(open === entry.name), onclick: () => redraw((open = open === entry.name ? null : entry.name)) }, taskName(entry.name))
          : taskName(entry.name),
      ),
      h('td', {}, w.kinds[entry.kind] ?? entry.kind),
      h('td.r', {}, entry.rows == null ? '–' : entry.rows.toLocaleString(words.locale)),
      h('td', {}, entry.language ? language(entry.language) : '–'),
      h('td', {}, licence(entry.licence)),
      h('td.soft.id', { title: entry.id }, entry.id ?? w.bundled),
      h('td.r', {}, on.has(entry.name) ? h('span.soft', {}, w.ticked) : h('button.plain', { type: 'button', 'aria-label': `${w.tick}: ${taskName(entry.name)}`, onclick: () => add(entry.name) }, w.tick)),
    ),
    open === entry.name && h('tr.rows', {}, h('td', { colspan: 7 }, entry.shown.map(row => rowSeen(words, row, entry.kind)))),
  ];
  const node = () => {
    const box = h('div.shelf'),
      draw = () => {
        const on = ticked();
        const titles = [w.task, w.kind, w.rows, w.language, w.licence, w.source, ''];
        box.replaceChildren(
          h('h2', {}, w.shelf),
          h('p.note', {}, w.shelf_note),
          h(
            'div.scrolls',
            { tabindex: 0, role: 'region', 'aria-label': w.shelf },
            h(
              'table',
              {},
              h('thead', {}, h('tr', {}, titles.map((title, i) => h(i === 2 ? 'th.r' : 'th', { scope: 'col' }, title)))),
              h('tbody', {}, entries.map(entry => line(entry, on, draw))),
            ),
          ),
        );
      };
    draw();
    return box;
  };
  return { node };
}
