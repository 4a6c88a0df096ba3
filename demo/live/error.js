/* What went wrong, why, and one button that mends it. The traceback is one click away. */
import { h, plain, say } from './dom.js';
import { isFinal, taskName } from './bus.js';
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

/* What went wrong, and why, in the page's words: where nothing can be mended by a button. */
export function explain(words, error) {
  const found = words.errors[error.type] ?? words.errors.Unknown,
    values = valuesOf(words, error, {});
  return { title: say(found.title, values), why: say(found.why, values) };
}

function draw(words, error, status, trigger) {
  const name = error.type ?? error.error ?? error.name ?? 'Unknown';
  const type = error.details?.field === 'queue' ? 'QueueFull' : name;
  const found = words.errors[type] ?? words.errors.Unknown;
  const values = valuesOf(words, { ...error, type }, status);
  const act = mend(type, error.details ?? {});
  return h(
    'div.error',
    { role: 'alert' },
    h('b', {}, say(found.title, values)),
    h('p', {}, say(found.why, values)),
    h(
      'div.acts',
      {},
      found.fix &&
        h(
          'button.fix',
          {
            type: 'button',
            onclick: event => {
              event.currentTarget.disabled = true;
              reveal(act.field);
              trigger('fix', { ...act, visitor: visitor() });
            },
          },
          say(found.fix, values),
        ),
      error.traceback &&
        h('details', {}, h('summary', {}, words.traceback), h('pre', { tabindex: 0 }, error.traceback)),
    ),
  );
}

/* The values of the sentences: what the library reports, in the page's words. */
function valuesOf(words, error, status) {
  const details = error.details ?? {},
    values = { name: error.type, message: error.message ?? '', step: status.step ?? 0 };
  for (const [key, value] of Object.entries(details)) values[key] = plain(value, words.locale);
  if (details.task) values.task = taskName(details.task);
  if (error.type === 'ConfigError') Object.assign(values, sentence(words, details));
  else if (details.reason) values.reason = reasonOf(words, error.type, details.reason, values);
  else values.reason ??= values.message;
  if (error.type === 'EncoderError') values.act = PASSING.has(details.reason) ? words.try_again : words.rules.show;
  if (error.type === 'LossNotFinite') values.value = plain(calmer(details.learning_rate), words.locale);
  if (error.type === 'OutOfMemory') values.value = plain(half(details.per_device_train_batch_size), words.locale);
  return values;
}

/* A reason in the page's words: those of this type of error first, and the library's own sentence where there are none. */
function reasonOf(words, type, reason, values) {
  const found = words.reasons[`${type}.${reason}`] ?? words.reasons[reason];
  return found ? say(found, values) : values.message || reason;
}

function sentence(words, details) {
  const key = details.field ?? '',
    base = key.split('.').slice(0, 2).join('.');
  const task = key.split('.')[2],
    name = words.fields[key] ?? words.fields[base] ?? key;
  const field = task ? `${name} · ${taskName(task)}` : name,
    found = plain(details.found, words.locale);
  const rule =
    key === 'tasks' && Array.isArray(details.found)
      ? words.rules.tasks
      : key === 'encoder.freeze_layers'
        ? words.rules.freeze
        : details.low != null
          ? words.rules.range
          : words.rules.other;
  const low = plain(details.low, words.locale),
    high = plain(details.high, words.locale);
  const value = details.nearest;
  return {
    field,
    found,
    reason: say(rule, { field, found, low, high, rule: details.rule }),
    act:
      rule === words.rules.tasks
        ? words.rules.tick
        : value == null
          ? words.rules.show
          : say(words.rules.set, { field, value: plain(value, words.locale) }),
  };
}

const calmer = rate => (Number.isFinite(rate) ? Math.min(+(rate / 3).toPrecision(1), 3e-4) : 1e-4);
const half = size => Math.max(1, Math.floor((size || 32) / 2));

/* Reasons of an EncoderError that may be gone at the next try; for all others another encoder is needed. */
const PASSING = new Set(['offline', 'busy', 'cut', 'refused']);

/* What the button asks of the server: plain values, checked there like everything typed by hand. */
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
  if (type === 'EncoderError' && !PASSING.has(details.reason)) return { field: 'encoder.name', value: null, train: false };
  if (type === 'RunNotFound') return { field: null, value: null, leave: true };
  return { field: null, value: null, train: true };
}

/* Puts the cursor into the field that a refusal speaks of. */
function reveal(field) {
  const box = field && document.getElementById(field.replaceAll('.', '_'));
  box?.querySelector('input')?.focus();
}
