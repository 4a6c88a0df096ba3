/* The state line: what the run on screen does now, how far it is, and whether it lives. Owns the run on screen. */
import { duration, fill, h, memory, say } from './dom.js';
import { block, isFinal, isRecorded, listen, open, run as current, tell } from './bus.js';
import { follow, wake } from './poll.js';
import { panel } from './error.js';
import { remarks } from './remarks.js';
import { remember } from './visitor.js';

export const mount = block(({ element, box, props, server, trigger, watch, words }) => {
  const w = words.watch,
    line = h('div.line'),
    spoken = h('div.sr', { role: 'status' }),
    aside = h('p.remarks', { role: 'status', hidden: true }),
    errors = h('div.panel');
  const part = h('i'),
    bar = h(
      'div.bar',
      { role: 'progressbar', 'aria-label': w.progress, 'aria-valuemin': 0, 'aria-valuemax': 100 },
      part,
    );
  let asked = null,
    said = '';

  function adopt() {
    const { run, nonce, started } = props.value;
    if (started) remember(run);
    if (nonce !== asked) {
      asked = nonce;
      tell({ answered: true });
    }
    if (run !== current.id) {
      open(run);
      address(run);
      wake();
    }
    errors.replaceChildren(...panel(words, current, props.value, trigger));
  }
  function draw(run) {
    const status = run.status ?? {},
      phase = phaseOf(run),
      live = ['training', 'evaluating', 'saving'].includes(phase);
    const time = seconds => duration(words.units, seconds),
      step = status.step ?? 0,
      most = status.max_steps ?? 0,
      { bytes_done: done = 0, bytes_total: total = 0 } = status.download ?? {};
    line.className = 'line ' + phase;
    fill(
      line,
      h('span.phase', {}, h('i', { 'aria-hidden': 'true' }), words.phases[phase] ?? phase),
      phase === 'queued' && status.queue_position > 0 && h('span', {}, say(w.place, { n: status.queue_position })),
      (['starting', 'reading', 'loading', 'tokenising'].includes(phase) || (live && !step)) && h('span.soft', {}, w.first_point),
      total > 0 &&
        h('b', {}, say(w.downloaded, { done: memory(words.units, done), total: memory(words.units, total) })),
      most > 0 &&
        !['queued', 'starting', 'missing'].includes(phase) &&
        h('span', {}, say(w.step_of, { a: step, b: most })),
      live && status.eta_s != null && h('b', {}, say(w.eta, { time: time(status.eta_s) })),
      run.lost
        ? h('span.lost', {}, w.lost)
        : live &&
            status.heartbeat_age_s != null &&
            h('span.soft.beat', {}, say(w.alive, { s: status.heartbeat_age_s.toFixed(1) })),
      ['finished', 'stopped'].includes(phase) &&
        status.elapsed_s != null &&
        h('span.soft', {}, say(w.took, { time: time(status.elapsed_s) })),
      phase === 'finished' && status.reason === 'no_improvement' && h('b', {}, w.no_improvement),
      phase === 'recorded' && h('span.soft', {}, say(w.recorded_on, status.recorded)),
    );
    const share = total > 0 ? (100 * done) / total : most > 0 ? Math.min(100, (100 * step) / most) : 0;
    bar.className = 'bar ' + phase;
    bar.setAttribute('aria-valuenow', Math.round(share));
    part.style.width = share + '%';
    const word = run.id ? (words.phases[phase] ?? phase) : '';
    if (word !== said) {
      said = word;
      spoken.textContent = word;
    }
    const remarked = remarks(words, run);
    if (aside.textContent !== remarked) aside.textContent = remarked;
    aside.hidden = !remarked;
    element.dataset.state = phase;
  }
  box.replaceChildren(h('h2', {}, h('span.n', { 'aria-hidden': 'true' }, 2), w.heading), line, bar, aside, spoken, errors);
  listen(element, draw);
  let shown = '';
  listen(element, run => {
    const now = JSON.stringify([run.id, run.missing, isFinal(run) && run.status?.error, run.status?.state]);
    if (now !== shown) {
      shown = now;
      errors.replaceChildren(...panel(words, run, props.value, trigger));
    }
  });
  watch('value', adopt);
  adopt();
  follow(element, server.watch);
});

function phaseOf(run) {
  if (!run.id) return 'empty';
  if (run.missing) return 'missing';
  if (isRecorded(run)) return 'recorded';
  const { state, phase } = run.status ?? {};
  if (!state) return 'starting';
  return state === 'starting' && phase ? phase : state;
}

/* The address always reproduces the run on screen. */
function address(run) {
  const url = new URL(location.href);
  if (run && run !== 'recorded') url.searchParams.set('run', run);
  else url.searchParams.delete('run');
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}
