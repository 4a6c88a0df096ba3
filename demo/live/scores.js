/* The scores of the run in numbers: before, now, best, test, and what the naive answer would reach. */
import { fill, fixed, h, say, signed } from './dom.js';
import { openTab } from './asked.js';
import { block, isRecorded, listen } from './bus.js';
import { choose } from './contest.js';
import { belongs, who } from './signs.js';
import { costs } from './sizes.js';

export const mount = block(({ element, box, words }) => {
  const w = words.watch;
  let drawn = '';
  listen(element, run => {
    const tasks = run.start?.tasks ?? [],
      key = [run.id, run.scores.length, tasks.length, !!run.end, run.status?.state].join();
    if (key === drawn) return;
    drawn = key;
    if (!run.scores.length || !tasks.length) return fill(box, h('p.idle', {}, w.no_scores));
    const heads = w.columns.map((word, i) => h('th', { scope: 'col', class: i > 1 ? 'r' : false }, word));
    fill(
      box,
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, heads)),
        h(
          'tbody',
          {},
          tasks.map(task => row(task, run)),
        ),
      ),
      h('p.note', {}, h('span.costs', {}, costs(words, run), raceable(run) && [' · ', raceButton(run)]), w.score_note),
    );
  });

  /* Whether sharing has helped is asked where the scores are. */
  const raceable = run => run.status?.state === 'finished' && !isRecorded(run) && run.start.tasks.length > 1;
  const raceButton = run =>
    h('button.race', { type: 'button', onclick: () => (choose({ race: run.id, runs: [] }), openTab(words.compare.tab)) }, words.compare.from_lab);

  function row(task, run) {
    const { metric, before, now, best, test, naive } = summary(task, run),
      chosen = test && test.step !== now?.step;
    const cell = (value, ...rest) => h('td.r', {}, value, ...rest),
      soft = value => h('td.r.soft', {}, value);
    return h(
      'tr',
      belongs(task.name),
      h('th', { scope: 'row' }, who(task.name)),
      h('td.soft', {}, words.metrics[metric] ?? metric),
      soft(percent(before?.value)),
      cell(h('b', {}, percent(now?.value))),
      cell(now && before ? signed(100 * (now.value - before.value)) : '–'),
      cell(percent(best?.value), best && h('small', {}, ' ' + say(w.at_step, { s: best.step }))),
      cell(percent(test?.value), test && chosen && h('small', {}, ' ' + say(w.at_step, { s: test.step }))),
      soft(percent(naive)),
    );
  }
});

const percent = value => (Number.isFinite(value) ? fixed(100 * value, 1) : '–');

/* The primary metric of a task over the run. Best is the highest: every metric here is better when higher. */
function summary(task, run) {
  const rows = run.scores
    .filter(row => row[0] === task.name)
    .map(([, split, step, , metric, scores]) => ({ split, step, value: scores[metric] }));
  const validation = rows.filter(row => row.split === 'validation' && Number.isFinite(row.value));
  return {
    metric: task.metric,
    before: validation.find(row => row.step === 0),
    now: validation.at(-1),
    best: validation.reduce((top, row) => (!top || row.value > top.value ? row : top), null),
    test: rows.findLast(row => row.split === 'test'),
    naive: task.baseline?.[task.metric],
  };
}
