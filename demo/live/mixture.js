/* Where the texts of a step come from, and how much each task has seen. */
import { fill, fixed, h } from './dom.js';
import { block, listen } from './bus.js';
import { belongs, tint, who } from './signs.js';

export const mount = block(({ element, box, words }) => {
  const w = words.watch;
  let drawn = '';
  const column = word => h('th.r', { scope: 'col' }, word);
  const bar = (task, share) =>
    h(
      'span.share',
      { style: tint(task.name) },
      h('i', { 'aria-hidden': 'true', style: { width: `${(100 * share).toFixed(1)}%` } }),
      h('span', {}, `${fixed(100 * share, 1)} %`),
    );
  listen(element, run => {
    const { shares, examples } = run.mixture ?? {},
      key = JSON.stringify([run.id, run.mixture, run.start?.tasks?.length]);
    if (key === drawn) return;
    drawn = key;
    if (!shares) return fill(box, h('p.idle', {}, w.no_mixture));
    const tasks = run.start?.tasks ?? [],
      count = task => (examples[task.name] ?? 0).toLocaleString(words.locale);
    fill(
      box,
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, w.columns[0]), column(w.share), column(w.seen))),
        h(
          'tbody',
          {},
          tasks.map(task =>
            h(
              'tr',
              belongs(task.name),
              h('th', { scope: 'row' }, who(task.name)),
              h('td.r', {}, bar(task, shares[task.source] ?? 0)),
              h('td.r', {}, count(task)),
            ),
          ),
        ),
      ),
      h('p.note', {}, w.mixture_note),
    );
  });
});
