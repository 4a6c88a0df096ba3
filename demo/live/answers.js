/* What all heads answer to one text, side by side: before training and now. Asks again when a new snapshot can speak. */
import { fill, h, say } from './dom.js';
import { block, isRecorded, listen, run as current, taskName, tasksOf, tell } from './bus.js';
import { belongs, switchOf, tint } from './signs.js';
import { body, certainty } from './kinds.js';
import { brief } from './told.js';

const PAUSE = 400,
  BRIEF = 60;

export const mount = block(({ element, box, props, trigger, watch, words }) => {
  const w = words.ask,
    from = h('span.from', { role: 'status' }),
    note = h('p.cut', { hidden: true }),
    pinned = h('p.pinned', { hidden: true }),
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
  /* What was said at each validation to the text that was pinned when training began. */
  const place = h('input', { type: 'range', min: 0, max: 0, step: 1, 'aria-label': w.scrub, oninput: () => scrub() }),
    moment = h('span', {}),
    time = h('label.moment', { hidden: true }, place, moment);
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
      if (props.value.at != null) props.value = { ...props.value, at: null };
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
  function scrub() {
    clearTimeout(timer);
    const step = current.said[place.value];
    props.value = { ...props.value, at: step };
    moment.textContent = say(w.at, { s: step });
    timer = setTimeout(() => element.isConnected && trigger('scrub'), BRIEF);
  }
  /* The slider stands at its end while nobody moves it. */
  function follow() {
    const { at } = props.value,
      steps = current.said,
      found = steps.indexOf(at);
    time.hidden = steps.length < 2;
    place.max = Math.max(0, steps.length - 1);
    place.value = found < 0 ? steps.length - 1 : found;
    moment.textContent = found < 0 ? w.over_time : say(w.at, { s: at });
  }
  function state() {
    follow();
    const { reply, run } = props.value,
      mine = reply && run === current.id,
      several = new Set(Object.values(reply?.steps ?? {})).size > 1;
    from.textContent = waiting ? w.asking : !mine ? '' : several ? w.which.each : say(w.of_step, { s: reply.step });
    pinned.hidden = !mine || props.value.at == null || waiting;
    pinned.textContent = mine && reply.text ? [reply.text, reply.text_pair].filter(Boolean).join(' / ') : '';
    whose.hidden = isRecorded(current) || current.selected?.best == null;
    key.hidden = !waiting && !mine;
  }
  function draw() {
    waiting = false;
    const { reply, problem, run } = props.value,
      mine = run === current.id;
    state();
    tell({ answered: { said: mine && !!reply && !problem, past: props.value.at != null } });
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
  const head = (task, ...rest) =>
    h('header', {}, h('h3', {}, switchOf(task, false), taskName(task)), rest.filter(Boolean).map(each => h('span', {}, each)));
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
      head(task, certainty(words, now, before), step != null && say(words.watch.at_step, { s: step })),
      h('div.body', {}, body(words, now, before)),
    );

  fill(box, whose, time, key, note, pinned, list);
  watch('value', draw);
  draw();
  listen(element, (run, news) => {
    if (news.opened) {
      heard = null;
      if (props.value.at != null) props.value = { ...props.value, at: null };
      draw();
    }
    follow();
    const voice = isRecorded(run) ? 'recorded' : run.snapshot;
    if (voice != null && voice !== heard && tasksOf(run).length) {
      heard = voice;
      if (props.value.at == null || news.opened) ask(); // who looks back is not called away
    }
  });
});
