/* The tasks that visitors made of their own data: this browser keeps them, so that they are there after a reload. */
import { page } from './bus.js';
import { read, write } from './visitor.js';

const KEY = 'mtl-own-tasks',
  KEPT = 40;

/* A record: { spec, source, rows, example }. The source holds names of files or ids, which the server checks. */
export function stored() {
  try {
    return JSON.parse(read(KEY) ?? '[]').filter(record => typeof record?.spec?.name === 'string' && record.source);
  } catch {
    return [];
  }
}

function taskOf(record) {
  const { name, kind, labels, text_pair: pair, low, high } = record.spec;
  return {
    name,
    kind,
    labels: labels ?? [],
    pair: !!pair,
    low,
    high,
    title: name,
    shelf: true,
    example: record.example ?? record.source.id ?? '',
    rows: record.rows ?? null,
    own: { spec: record.spec, source: record.source },
  };
}

export const ownTasks = () => stored().map(taskOf);
export const isTaken = name => page.tasks.some(task => task.name === name);

/* What a run needs to know of those of the visitor's own tasks that it trains. */
export const recordsOf = names => page.tasks.filter(task => task.own && names.includes(task.name)).map(task => task.own);

const changed = () => document.dispatchEvent(new CustomEvent('lab:own'));

export function keep(record) {
  const others = stored().filter(other => other.spec.name !== record.spec.name);
  write(KEY, JSON.stringify([...others, record].slice(-KEPT)));
  page.tasks = [...page.tasks.filter(task => task.name !== record.spec.name), taskOf(record)];
  changed();
}

export function forget(name) {
  write(KEY, JSON.stringify(stored().filter(record => record.spec.name !== name)));
  page.tasks = page.tasks.filter(task => !task.own || task.name !== name);
  changed();
}

/* Takes in what a run on screen was trained on, if it is not known. True if something was new. */
export function adopt(records = []) {
  const same = (a, b) => JSON.stringify([a.spec, a.source]) === JSON.stringify([b.spec, b.source]);
  const fresh = records.filter(record => !page.tasks.some(task => task.own && same(task.own, record)));
  if (!fresh.length) return false;
  const names = fresh.map(record => record.spec.name);
  page.tasks = [...page.tasks.filter(task => !names.includes(task.name)), ...fresh.map(taskOf)];
  changed();
  return true;
}
