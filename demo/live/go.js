/* The estimate, and the one button: Train; while this run lives Stop; while it stops End now. */
import { duration, fill, h, memory, say } from './dom.js';
import { block, isLive, listen, page, run as current, tellDevice, tellPlan } from './bus.js';
import { count } from './sizes.js';
import { told } from './told.js';
import { isOwn, visitor } from './visitor.js';

const AGAIN = 700,
  REST = 5000,
  SETTLE = 1000,
  LOST = 15000;

export const mount = block(({ element, box, props, trigger, watch, words }) => {
  const w = words.setup,
    line = h('div.estimate', { 'aria-live': 'polite' });
  const icon = h('i', { 'aria-hidden': 'true' }),
    label = h('span');
  const button = h('button', { id: 'go', type: 'button', onclick: press }, icon, label);
  let mode = 'train',
    since = 0,
    sent = false,
    stopping = null,
    timer = null,
    ticked = 1;

  /* A second press within a second means the same as the first: one run, and no stop by accident. */
  function press() {
    const now = performance.now();
    if (now - since < SETTLE || (mode === 'train' && sent && now - since < LOST)) return;
    since = now;
    if (mode === 'train') {
      sent = true;
      trigger('train', { visitor: visitor() });
    }
    if (mode === 'stop') {
      stopping = current.id;
      trigger('stop', { visitor: visitor() });
    }
    if (mode === 'kill') trigger('kill', { visitor: visitor() });
    draw();
  }
  function draw() {
    const run = current;
    mode = !isLive(run) || !may(run) ? 'train' : stopping === run.id ? 'kill' : 'stop';
    label.textContent = { train: w.train, stop: w.stop, kill: w.end_now }[mode];
    button.className = mode;
    button.setAttribute('aria-disabled', String(mode === 'train' && sent));
    fill(line, ...(mode === 'kill' ? [h('b', {}, w.stopping)] : estimate()));
  }
  /* Whoever only watches a run on a shared machine cannot stop it, but may train one of their own. */
  const may = run => !page.shared || isOwn(run.id);
  function estimate() {
    const { state, error, seconds, peak_memory_bytes: bytes, parameters } = props.value.estimate ?? {};
    if (!ticked) return [h('b', {}, w.no_tasks)];
    if (seconds != null) {
      const values = { time: duration(words.units, seconds), memory: memory(words.units, bytes) };
      const size = parameters?.total && ` · ${say(words.model.sizes_own, { n: count(words.units, parameters.total) })}`;
      return [h('b', {}, say(w.estimate, values), size), h('span', {}, w.estimate_note)];
    }
    if (state === 'busy' && mode === 'stop') return []; // the state line says how long this run will take
    if (error) return [h('span', {}, whyNot(error))];
    return [h('span', {}, { measuring: w.measuring, busy: w.busy }[state] ?? w.no_estimate)];
  }
  /* In short: the title where it says enough. */
  function whyNot(error) {
    const { title, why, next } = told(words, error);
    return next ? title : why;
  }
  /* The probe runs beside the page: ask again until it has measured. */
  function arrive() {
    const { state, device_name: device } = props.value.estimate ?? {};
    if (device) tellDevice(device);
    tellPlan(props.value.estimate ?? {});
    clearTimeout(timer);
    if (state === 'measuring' || state === 'busy') {
      const again = () =>
        document.visibilityState === 'visible' ? trigger('again') : (timer = setTimeout(again, REST));
      timer = setTimeout(again, state === 'busy' ? REST : AGAIN);
    }
    draw();
  }
  fill(box, line, button);
  watch('value', arrive);
  arrive();
  listen(element, (run, news) => {
    if (news.opened || news.answered) sent = false;
    draw();
  });
  document.addEventListener('lab:tasks', event => {
    ticked = event.detail.length;
    draw();
  });
});
