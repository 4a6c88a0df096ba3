/* What went wrong, why, and one button that mends it. The traceback is one click away. */
import { h } from './dom.js';
import { isFinal, page } from './bus.js';
import { calmer, half, passes, told } from './told.js';
import { visitor } from './visitor.js';

/* The nodes of the panel: an error of the form before one of the run, or nothing. */
export function panel(words, run, value, trigger) {
  const refusal = value.refusal;
  if (refusal) return [draw(words, refusal, {}, trigger)];
  if (run.missing) return [draw(words, { type: 'RunNotFound' }, {}, trigger)];
  const status = run.status ?? {};
  if (!isFinal(run) || status.state === 'finished' || status.state === 'stopped') return [];
  const error = status.error ?? { error: 'WorkerLost', details: { reason: status.reason } };
  return [draw(words, error, status, trigger)];
}

function draw(words, error, status, trigger) {
  const { type, title, why, next, fix } = told(words, error, status);
  const act = mend(type, error.details ?? {});
  const press = event => {
    reveal(act);
    if (act.tasks) return;
    event.currentTarget.disabled = true;
    trigger('fix', { ...act, visitor: visitor() });
  };
  return h(
    'div.error',
    { role: 'alert' },
    h('b', {}, title),
    h('p', {}, [why, next].filter(Boolean).join(words.units.sentences)),
    h(
      'div.acts',
      {},
      fix && h('button.fix', { type: 'button', onclick: press }, fix),
      error.traceback &&
        h('details', {}, h('summary', {}, words.traceback), h('pre', { tabindex: 0 }, error.traceback)),
    ),
  );
}

/* What the button asks of the server: plain values, checked there like everything typed by hand.
   ``tasks`` asks nothing of it: a card to look at. */
function mend(type, details) {
  if (type === 'LossNotFinite')
    return { field: 'training.learning_rate', value: calmer(details.learning_rate), train: true };
  if (type === 'OutOfMemory')
    return {
      field: 'training.per_device_train_batch_size',
      value: half(details.per_device_train_batch_size),
      train: true,
    };
  if (type === 'ConfigError') return { field: details.field, value: details.nearest ?? null, train: false };
  if (type === 'EncoderError' && !passes(type, details)) return { field: 'encoder.name', value: null, train: false };
  if (type === 'DataError' && !passes(type, details)) return { tasks: tasksOn(details) };
  if (type === 'RunNotFound') return { field: null, value: null, leave: true };
  return { field: null, value: null, train: true };
}

/* The tasks whose rows an error speaks of. */
const tasksOn = ({ id, source }) =>
  page.tasks.filter(task => task.sources.some(name => name === id || name === source)).map(task => task.name);

/* Puts the cursor into the field, or onto the card, that an error speaks of. */
function reveal({ field, tasks }) {
  if (tasks) {
    const cards = [...document.querySelectorAll('#cards .card.on')],
      card = cards.find(node => tasks.includes(node.dataset.task)) ?? cards[0];
    card?.scrollIntoView({ block: 'center' });
    card?.querySelector('input').focus();
    return;
  }
  const box = field && document.getElementById(field.replaceAll('.', '_'));
  box?.querySelector('input')?.focus();
}
