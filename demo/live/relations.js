/* The Relations tab: what the tasks of the open run do to each other, and what that suggests. */
import { fill, h } from './dom.js';
import { block, isFinal, listen, page, run as current, tasksOf } from './bus.js';
import { missing } from './cell.js';
import { Further } from './further.js';
import { gain } from './gain.js';
import { likeness } from './likeness.js';
import { costOf, matrix } from './related.js';
import { Suggestion } from './suggestion.js';
import { visitor } from './visitor.js';

const AGAIN = 2000; // milliseconds between two questions while the run goes on

export const mount = block(({ element, box, props, server, trigger, watch, words }) => {
  const w = words.relations,
    measured = h('div.matrices'),
    suggestion = new Suggestion(words, asked => trigger('apply', { run: current.id, ...asked })),
    press = name => run => trigger(name, { visitor: visitor(), run }),
    pairs = new Further(words, gain(words), server.relate, press('pair'), () => draw()),
    alike = new Further(words, likeness(words), server.relate, press('liken'));
  let told = null, // what the server has said of which run, and at which of its events it was asked
    asking = false,
    timer = null,
    drawn = '';
  fill(
    box,
    h('div.found', {}, h('h2', {}, w.heading), h('p.note', {}, w.of_run), measured, h('div.matrices', {}, pairs.node, alike.node)),
    h('div.suggested', {}, suggestion.node),
  );

  async function ask() {
    const { id, cursor } = current;
    if (asking || !id || !box.offsetParent || (told?.run === id && told.cursor === cursor)) return;
    asking = true;
    try {
      told = { ...(await server.relate({ run: id })), run: id, cursor };
    } catch {
      // The connection is lost. The state line says so; what is known stays, and is asked for again.
      told = { ...(told?.run === id ? told : { run: id }), cursor: -1 };
    }
    asking = false;
    draw();
    soon();
  }
  /* At once for a run that was just opened, and no more than now and then for one that goes on. */
  function soon() {
    if (timer || asking) return;
    timer = setTimeout(
      () => {
        timer = null;
        ask();
      },
      told?.run === current.id ? AGAIN : 0,
    );
  }
  function draw() {
    if (!box.offsetParent) return;
    const run = current,
      known = told?.run === run.id ? told : null,
      whole = pairs.told?.run === run.id && pairs.told.done === pairs.told.count ? pairs.told.gain : null,
      key = JSON.stringify([whole, run.id, tasksOf(run), run.start?.conflict_steps, isFinal(run), !!known, known?.cosine, known?.affinity, known?.split, page.tasks.length]);
    if (key === drawn) return;
    drawn = key;
    fill(measured, run.id ? ['cosine', 'affinity'].map(kind => part(run, known, kind)) : h('p.idle', {}, w.no_run));
    suggestion.show(run, known && { ...known, gain: whole });
  }
  function part(run, known, kind) {
    const found = run.start && known?.[kind],
      every = kind === 'cosine' ? run.start?.conflict_steps : run.start?.affinity_steps;
    const why = missing(run, w[kind], { measured: found, every, final: isFinal(run) });
    const inside = why ? known && h('p.idle', {}, why) : matrix(kind, found, { run, words, cost: costOf(kind, found, run, words, every) });
    return h('section', {}, h('h3', {}, w[kind].title), h('p.note', {}, w[kind].about), inside);
  }
  /* What needs runs of its own stands below; it draws itself. */
  function further() {
    for (const each of [pairs, alike]) {
      each.node.hidden = !current.id;
      each.show(current);
    }
  }
  watch('value', () => {
    const { about } = props.value;
    (about === 'pairs' ? pairs : about === 'likeness' ? alike : null)?.answered(props.value);
  });
  listen(element, () => {
    draw();
    if (box.offsetParent) further();
    if (current.id && box.offsetParent && !(told?.run === current.id && told.cursor === current.cursor)) soon();
  });
  new ResizeObserver(() => {
    draw();
    if (box.offsetParent) further();
    for (const each of [pairs, alike]) each.look(); // another tab may have trained what was missing
    ask();
  }).observe(element); // a tab that opens draws itself
});
