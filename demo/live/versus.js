/* The right column of the Compare tab: curves over one another, what may be said, tables, and files to take away. */
import { fill, h, say } from './dom.js';
import { block, taskName } from './bus.js';
import { answer, choice, drawn, file, hearken, question, renew, show } from './contest.js';
import { overlay } from './overlay.js';
import { who } from './signs.js';
import { brief } from './told.js';

const FILES = ['curves', 'scores', 'settings', 'report'];

export const mount = block(({ element, box, words }) => {
  const w = words.compare,
    c = words.card,
    chart = overlay(words),
    head = h('div.head'),
    line = h('div.below'),
    tables = h('div.below');
  box.replaceChildren(head, chart.node, line, tables);

  function draw() {
    const problem = answer?.problem,
      any = drawn().length > 0;
    renew(head, [!question(), problem], () => [!question() && h('p.idle', {}, w.empty), problem && h('p.alert', { role: 'alert' }, brief(words, problem))]);
    chart.node.hidden = !any;
    if (any) chart.draw();
    const seeds = [...new Set((answer?.entries ?? []).map(entry => entry.seed))];
    renew(line, [any, seeds, choice.shown], () => [any && [seedChooser(seeds), exportsLine()]]);
    const { card: said, seeds_done: done, scores, differences: other } = answer ?? {};
    const waits = any && !said && !problem && answer.entries;
    renew(tables, [said, done, scores, other, !!waits], () => [
      waits && h('p.soft', {}, w.waits),
      said && card(answer),
      scores && [h('h3', {}, c.test_scores), table(scores)],
      differences(),
    ]);
  }
  function card({ card: { head: titles, rows, delta, notes, costs }, seeds, seeds_done: done }) {
    return h(
      'section.endcard',
      {},
      h('h3', {}, c.heading),
      done < seeds && h('p.soft', {}, say(c.so_far, { n: done, m: seeds })),
      table({ head: titles, rows }),
      delta && h('p.delta', {}, h('b', {}, delta.value), ' ', delta.sentence),
      notes.map(note => h('p.note', {}, note)),
      table({ head: costs.head, rows: costs.rows.map(cells => ({ task: null, cells })) }),
    );
  }
  function differences() {
    const found = answer?.differences;
    if (!found || (answer.runs ?? []).length < 2) return null;
    return [h('h3', {}, c.differences), found.rows.length ? table(found) : h('p.soft', {}, c.no_differences)];
  }
  function table({ head: titles, rows }) {
    return h(
      'div.scrolls',
      { tabindex: 0, role: 'region', 'aria-label': titles.filter(Boolean).join(words.units.between) },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, titles.map(title => h('th', { scope: 'col' }, title)))),
        h('tbody', {}, rows.map(({ task, cells, verdict }) => row(task, cells, verdict))),
      ),
    );
  }
  const row = (task, cells, verdict) => {
    const name = task === null ? cells[0] : who(task);
    return h(
      'tr' + (verdict ? '.' + verdict : ''),
      task === null ? {} : { 'aria-label': taskName(task) },
      h('th', { scope: 'row' }, name),
      cells.slice(task === null ? 1 : 0).map(cell => h('td', {}, cell)),
    );
  };
  function seedChooser(seeds) {
    if (seeds.length < 2) return null;
    const now = choice.shown ?? seeds[0];
    return h(
      'label.tool',
      {},
      w.shown_seed,
      h('select', { onchange: event => show(+event.target.value) }, seeds.map(seed => h('option', { value: seed, selected: seed === now }, seed))),
    );
  }
  function exportsLine() {
    const take = kind => h('button.plain', { type: 'button', 'data-file': kind, onclick: () => save(kind) }, w[kind]);
    const picture = format => h('button.plain', { type: 'button', onclick: () => chart.picture(format) }, format.toUpperCase());
    return h('div.exports', {}, h('span.soft', {}, w.exports), FILES.map(take), ['svg', 'png'].map(picture));
  }
  async function save(kind) {
    const { name, type, text, problem } = await file(kind);
    if (problem) return fill(head, h('p.alert', { role: 'alert' }, brief(words, problem)));
    const link = h('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  hearken(element, draw);
});
