/* An error of the library in the page's words: what happened, why, what to do next, and the word on the button. */
import { memory, plain, say } from './dom.js';
import { taskName } from './bus.js';

/* Reasons that may be gone at the next try; for all others something else has to be chosen. */
const PASSING = {
  EncoderError: new Set(['offline', 'busy', 'cut', 'refused']),
  DataError: new Set(['offline', 'unavailable', 'cut']),
};
export const passes = (type, details) => !!PASSING[type]?.has(details?.reason);

/* error: { type or error, message, details }. status, of the run that ended by it, tells the step. */
export function told(words, error, status = {}) {
  const details = error.details ?? {},
    name = error.type ?? error.error ?? error.name ?? 'Unknown',
    type = details.field === 'queue' ? 'QueueFull' : name,
    found = words.errors[type] ?? words.errors.Unknown,
    own = words.reasons[`${type}.${details.reason}`] ?? words.reasons[details.reason],
    values = valuesOf(words, { ...error, type }, status);
  values.reason = typeof own === 'string' ? say(own, values) : (values.reason ?? values.message);
  if (type === 'ConfigError') Object.assign(values, sentence(words, details));
  if (passes(type, details)) values.act = words.try_again;
  const whole = own && typeof own === 'object' ? { title: own.title, why: own.why, next: own.fix } : found;
  return {
    type,
    title: say(whole.title, values),
    why: say(whole.why, values),
    next: say(whole.next ?? '', values),
    fix: say(found.fix, values),
  };
}

/* What went wrong, and in one paragraph why and what to do, where nothing can be mended by a button. */
export function explain(words, error) {
  const { title, why, next } = told(words, error);
  return { title, why: [why, next].filter(Boolean).join(words.units.sentences) };
}

/* In one paragraph, for where there is no room for more. */
export function brief(words, error) {
  const { title, why, next } = told(words, error);
  return [title, why, next].filter(Boolean).join(words.units.sentences);
}

/* The values of the sentences: what the library reports, as a person reads it. */
function valuesOf(words, error, status) {
  const details = error.details ?? {},
    values = { name: error.type, message: error.message ?? '', step: status.step ?? 0 },
    write = value => plain(value, words.locale, words.units);
  for (const [key, value] of Object.entries(details)) if (key !== 'reason') values[key] = write(value);
  if (details.task) values.task = taskName(details.task);
  if (details.split) values.split = words.splits[details.split] ?? details.split;
  if (details.how) values.found = say(words.damages[details.how] ?? '{found}', values);
  if (details.problems) values.problems = plain(named(words.problems, details.problems), words.locale, words.units);
  if (error.type === 'DataError') {
    values.act = words.rules.pick;
    values.file ??= values.source;
    if (details.reason === 'too_large')
      for (const key of ['found', 'limit']) if (+details[key] > 0) values[key] = memory(words.units, details[key]);
  }
  if (error.type === 'EncoderError') values.act = words.rules.show;
  if (error.type === 'LossNotFinite') values.value = write(calmer(details.learning_rate));
  if (error.type === 'OutOfMemory') values.value = write(half(details.per_device_train_batch_size));
  return values;
}

const named = (names, counts) =>
  Object.fromEntries(Object.entries(counts).map(([name, n]) => [names[name] ?? name, n]));

/* The sentence of a field, by its rule. */
function sentence(words, details) {
  const key = details.field ?? '',
    base = key.split('.').slice(0, 2).join('.'),
    task = key.split('.')[2],
    name = words.fields[key] ?? words.fields[base] ?? key,
    field = task ? `${name} · ${taskName(task)}` : name,
    rule = ruleOf(words.rules, key, details),
    [found, low, high, value] = [details.found, details.low, details.high, details.nearest].map(each =>
      plain(each, words.locale, words.units),
    );
  const act =
    rule === words.rules.tasks
      ? words.rules.tick
      : details.nearest == null
        ? words.rules.show
        : say(words.rules.set, { field, value });
  return { field, found, reason: say(rule, { field, found, low, high, rule: details.rule }), act };
}

function ruleOf(rules, key, details) {
  if (key === 'tasks' && Array.isArray(details.found)) return rules.tasks;
  if (key === 'encoder.freeze_layers') return rules.freeze;
  return details.low != null ? rules.range : rules.other;
}

/* What is tried in place of a learning rate or a batch that was too large. */
export const calmer = rate => (Number.isFinite(rate) ? Math.min(+(rate / 3).toPrecision(1), 3e-4) : 1e-4);
export const half = size => Math.max(1, Math.floor((size || 32) / 2));
