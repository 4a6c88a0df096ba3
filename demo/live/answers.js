/* What all heads answer to one text, side by side: before training and now. Asks again when a new snapshot can speak. */
import { fill, h, say } from './dom.js';
import { block, isRecorded, listen, run as current, taskName, tasksOf } from './bus.js';
import { belongs, switchOf, tint } from './signs.js';
import { body, certainty } from './kinds.js';
import { brief } from './told.js';

const PAUSE = 400;

export const mount = block(({ element, box, props, trigger, watch, words }) => {
  const w = words.ask,
    from = h('span.from', { role: 'status' }),
    note = h('p.cut', { hidden: true }),
    list = h('div.list');
  /* Whose weights answer: only a run that has chosen between snapshots is asked. */
  const choice = ['newest', 'best', 'each'].map(name =>
    h(
      'label',
      {},
      h('input', { type: 'radio', name: 'which', value: name, checked: name === 'newest', onchange: () => choose(name) }),
      h('span', {}, w.which[name]),
    ),
  );
  const whose = h('div.choices.whose', { role: 'radiogroup', 'aria-label': w.whose, hidden: true }, choice);
  const key = h(
    'p.ghosts',
    {},
    from,
    h('span', {}, w.percent),
    h('i.was', { 'aria-hidden': 'true' }),
    w.before,
    h('i.now', { 'aria-hidden': 'true' }),
    w.now,
  );
  let heard = null,
    timer = null,
    waiting = false;

  /* A new snapshot, or another run: ask by itself, once things are quiet. */
  function ask() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!element.isConnected || (current.snapshot == null && !isRecorded(current))) return;
      waiting = true;
      state();
      trigger('ask');
    }, PAUSE);
  }
  function choose(which) {
    props.value = { ...props.value, which };
    ask();
  }
  function state() {
    const { reply, run } = props.value,
      mine = reply && run === current.id,
      several = new Set(Object.values(reply?.steps ?? {})).size > 1;
    from.textContent = waiting ? w.asking : !mine ? '' : several ? w.which.each : say(w.of_step, { s: reply.step });
    whose.hidden = isRecorded(current) || current.selected?.best == null;
    key.hidden = !waiting && !mine;
  }
  function draw() {
    waiting = false;
    const { reply, problem, run } = props.value,
      mine = run === current.id;
    state();
    note.hidden = !(mine && reply?.truncated);
    note.textContent = reply ? say(w.truncated, { n: reply.tokens_read?.toLocaleString(words.locale) }) : '';
    if (!mine || problem || !reply) {
      const speaks = current.snapshot != null || isRecorded(current);
      return fill(list, h('p.idle', {}, mine && problem ? (w[problem] ?? brief(words, problem)) : speaks ? w.ready : w.waiting));
    }
    const missing = new Set(reply.missing_pair ?? []);
    fill(
      list,
      tasksOf(current)
        .filter(task => reply.answers[task] || missing.has(task))
        .map(task => (missing.has(task) ? silent(task) : answer(task, reply.answers[task], reply.before?.[task], reply.steps?.[task]))),
    );
  }
  const head = (task, rest) =>
    h('header', {}, h('h3', {}, switchOf(task, false), taskName(task)), rest && h('span', {}, rest));
  const silent = task =>
    h(
      'section.answer.silent',
      { style: tint(task), ...belongs(task) },
      head(task),
      h('p.body.soft', {}, w.needs_second),
    );
  const answer = (task, now, before, step) =>
    h(
      `section.answer.${now.type}`,
      { style: tint(task), ...belongs(task) },
      head(task, [certainty(words, now, before), step != null && say(words.watch.at_step, { s: step })].filter(Boolean).join(' · ')),
      h('div.body', {}, body(words, now, before)),
    );

  fill(box, whose, key, note, list);
  watch('value', draw);
  draw();
  listen(element, (run, news) => {
    if (news.opened) {
      heard = null;
      draw();
    }
    const voice = isRecorded(run) ? 'recorded' : run.snapshot;
    if (voice != null && voice !== heard && tasksOf(run).length) {
      heard = voice;
      ask();
    }
  });
});
