/* How alike the encoders of the tasks alone have become: one symmetric matrix for each layer. */
import { h, say } from './dom.js';
import { focus, taskName, tasksOf } from './bus.js';
import { shade } from './cell.js';
import { chips, redraw } from './chips.js';
import { grid } from './related.js';
import { sign } from './signs.js';

const DIGITS = 2;

export const likeness = words => {
  const w = words.relations.likeness;
  let level = null; // the one on screen; null is the top one

  const named = tasks => tasks.map(taskName).join(words.units.between);
  const inside = ({ missing, found }, further) => [
    missing.length > 0 && h('p.idle', {}, say(w.needs, { tasks: named(missing) })),
    !missing.length && !found && further.button(w.go, w.waiting),
    found && drawn(found, further),
  ];
  function drawn({ levels, texts }, further) {
    const names = Object.keys(levels).sort((a, b) => (+a || 0) - (+b || 0)), // the embeddings first
      at = names.includes(level) ? level : names.at(-1),
      choose = value => {
        level = value;
        redraw(further.node, w.layer, () => further.redraw());
      };
    return [
      chips(w.layer, names.map(name => [name, w.levels[name] ?? name]), at, choose),
      table(levels[at], further.run),
      h('p.reading', {}, reading(levels[at])),
      h('p.note', {}, say(w.cost, { n: texts })),
    ];
  }
  function table({ tasks: told, values }, run) {
    const tasks = tasksOf(run).filter(task => told.includes(task)),
      valueOf = (a, b) => values[told.indexOf(a)][told.indexOf(b)],
      low = Math.min(...values.flat().filter(Number.isFinite));
    const cell = (a, b) => {
      if (a === b) return h('td.self', {}, sign(a));
      const value = valueOf(a, b),
        title = say(words.relations.effect, { a: taskName(a), b: taskName(b), v: write(value) });
      const node = h('td', { title, onmouseenter: () => focus(a, b), onmouseleave: () => focus() }, write(value));
      shade(node, value, low < 1 ? ((value ?? low) - low) / (1 - low) : 0);
      return node;
    };
    return grid(w.title, tasks, cell);
  }
  function reading({ tasks, values }) {
    const pairs = tasks.flatMap((a, i) => tasks.slice(0, i).map((b, j) => ({ a: taskName(b), b: taskName(a), value: values[i][j] }))).filter(pair => pair.value !== null);
    if (!pairs.length) return '';
    pairs.sort((one, other) => other.value - one.value);
    const told = (sentence, { a, b, value }) => say(sentence, { a, b, v: write(value) });
    if (pairs.length === 1) return told(w.only, pairs[0]);
    if (write(pairs[0].value) === write(pairs.at(-1).value)) return say(w.same, { v: write(pairs[0].value) });
    return [told(w.alike, pairs[0]), told(w.unlike, pairs.at(-1))].join(words.units.sentences);
  }
  const write = value => (value === null ? '–' : value.toFixed(DIGITS));
  return { ask: 'likeness', words: w, moving: () => false, inside };
};
