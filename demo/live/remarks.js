/* What a person should know of a run besides its numbers: rows that were left out, texts that were cut, steps in which
   a task had no part, and steps in which nothing was balanced. */
import { plain, say } from './dom.js';
import { taskName } from './bus.js';

export const remarks = (words, run) =>
  [...dropped(words, run), ...cut(words, run), ...leftOut(words, run), ...unbalanced(words, run)].join(words.units.sentences);

/* A source is known by the tasks that read it. */
const readers = ({ units }, { start }, source) =>
  (start?.tasks ?? [])
    .filter(task => task.source === source)
    .map(task => taskName(task.name))
    .join(units.between);

function dropped(words, run) {
  return run.dropped.map(({ source, split, rows, problems }) => {
    const named = Object.entries(problems).map(([reason, n]) => [words.problems[reason] ?? reason, n]);
    return say(words.watch.dropped, {
      tasks: readers(words, run, source) || source,
      n: rows.toLocaleString(words.locale),
      split: words.splits[split] ?? split,
      problems: plain(Object.fromEntries(named), words.locale, words.units),
    });
  });
}

function cut(words, run) {
  return run.truncated.map(({ source, rows, max_length: most }) =>
    say(words.watch.cut, { tasks: readers(words, run, source) || source, n: rows.toLocaleString(words.locale), most }),
  );
}

function leftOut({ watch: w }, { skipped }) {
  return skipped.map(({ task, steps: n, losses }) => {
    const steps = say(w.some_steps, { n }),
      why = losses === n ? w.its_loss : losses ? w.its_loss_or_gradient : w.its_gradient;
    return task ? say(w.left_out, { task: taskName(task), steps, why }) : say(w.nothing_learnt, { steps });
  });
}

function unbalanced({ watch: w }, { unbalanced: n }) {
  return n ? [say(w.unbalanced, { steps: say(w.some_steps, { n }) })] : [];
}
