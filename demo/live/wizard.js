/* From a table to a task. Value: what demo/tabs/data_handlers.py calls Shown. Without a table it shows what is here. */
import { fill, h, say } from './dom.js';
import { block, page } from './bus.js';
import { explain } from './told.js';
import { isTaken, keep } from './own.js';
import { columnsTable, rolesForm } from './roles.js';
import { faults, labelCounts, rowsSeen, splitLine } from './seen.js';
import { settingsForm, valuesFor } from './settings.js';
import { shelf } from './shelf.js';

/* How a file was read, in the words of files: CSV with ; · GB18030. */
function howRead({ format, separator, encoding }) {
  const table = separator === '\t' ? 'TSV' : [',', undefined].includes(separator) ? 'CSV' : `CSV ${separator}`;
  return [format === 'delimited' ? table : format.toUpperCase(), encoding?.toUpperCase()].filter(Boolean).join(' · ');
}

/* What says nothing about the rows. */
const LOCAL = new Set(['name', 'options']);
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ -]{0,59}$/u;

export const mount = block(({ box, props, trigger, watch, words }) => {
  const w = words.data,
    shelves = shelf(words, props.value.shelf ?? []),
    methods = props.value.options ?? {},
    folded = { now: true },
    added = new Map();
  let reading = null,
    since = 0,
    clock = null,
    alert = null,
    seeing = false,
    waiting = null, // what was changed while the server still looked at what was there before
    asked = 0, // how often rows were looked at anew; an answer brings the number of its question back
    left = false, // whoever went back to all data is not called in again by an answer that comes late
    held = props.value; // what is here, were it not for such an answer
  function hold(part) {
    props.value = held = { ...props.value, ...part };
  }

  /* ---- while something is read ---- */
  function begin(sentence) {
    reading = sentence;
    since = Date.now();
    clearInterval(clock);
    clock = setInterval(() => box.isConnected && tickClock(), 1000);
    draw();
  }
  const seconds = h('span.soft');
  const tickClock = () => fill(seconds, say(w.reading_for, { s: Math.round((Date.now() - since) / 1000) }));
  function busy() {
    tickClock();
    return h(
      'div.busy',
      { role: 'status' },
      h('span', {}, reading),
      seconds,
      h('button.plain', { type: 'button', onclick: stop }, w.stop),
      h('div.bar.loading', {}, h('i')),
    );
  }

  /* ---- changes by hand: the server looks at the rows anew ---- */
  function change(part, fit = false) {
    const draft = { ...props.value.draft, ...part };
    if (part.options && !nameOf(draft) && isTaken(draft.name)) draft.name = free(draft.name);
    hold({ draft, fit: fit || props.value.fit });
    alert = null;
    if (Object.keys(part).every(key => LOCAL.has(key))) return draw();
    see();
  }
  function see() {
    const { draft, fit, bad_rows } = props.value;
    if (seeing) return void (waiting = { draft, fit, bad_rows });
    seeing = true;
    hold({ asked: ++asked });
    begin(w.seeing);
    trigger('see');
  }
  function stop() {
    waiting = null;
    trigger('stop');
  }
  function rest() {
    reading = waiting = null;
    seeing = false;
    clearInterval(clock);
  }
  function choose(bad_rows) {
    hold({ bad_rows });
    see();
  }

  /* ---- a task of its own ---- */
  const free = name => {
    let found = name;
    for (let n = 2; isTaken(found); n++) found = `${name} ${n}`;
    return found;
  };
  function add() {
    const { preview, draft, source } = props.value,
      name = (draft.name ?? '').trim();
    alert = !NAME.test(name) ? w.name_rule : isTaken(name) ? w.name_taken : null;
    if (alert) return draw();
    // What a data set of the Hub holds beyond the rows that were looked at is read by the run.
    const spec = { ...preview.spec, name, options: valuesFor(methods, draft), labels: preview.sampled ? [] : preview.spec.labels };
    const rows = preview.sampled ? null : preview.rows.train;
    keep({ spec, source, rows, example: preview.shown[0]?.text.slice(0, 80) ?? '' });
    added.set(keyOf(draft), { name, options: JSON.stringify(spec.options) });
    document.dispatchEvent(new CustomEvent('lab:tick', { detail: name }));
    draw();
  }
  const keyOf = draft => JSON.stringify([props.value.source?.splits, props.value.source?.id, draft.text, draft.label]);
  /* The name under which this very task was added. */
  function nameOf(draft) {
    const found = draft && added.get(keyOf(draft));
    return found && found.options === JSON.stringify(valuesFor(methods, draft)) ? found.name : null;
  }
  const toLab = () => document.querySelector('#pages [role=tab]')?.click();

  /* ---- the parts ---- */
  function also() {
    const { inspection, draft } = props.value;
    const specs = [inspection.suggestion, ...inspection.others].filter(Boolean);
    if (specs.length < 2) return null;
    const chip = spec => {
      const done = added.get(keyOf(spec));
      return h(
        'button.chip' + (spec.label === draft?.label ? '.on' : ''),
        {
          type: 'button',
          'aria-pressed': String(spec.label === draft?.label),
          onclick: () => change({ ...spec, name: free(spec.name) }),
        },
        spec.label,
        done && ` · ${w.added}`,
      );
    };
    return h('p.also', {}, w.also, ' ', specs.map(chip));
  }
  function problem() {
    const found = props.value.problem;
    if (!found) return null;
    const { title, why } = explain(words, found);
    return h('div.error', { role: 'alert' }, h('b', {}, title === why ? w.problem_heading : title), h('p', {}, why));
  }
  function adding() {
    const { preview, draft, bad_rows } = props.value,
      done = nameOf(draft),
      blocked = bad_rows === 'stop' && Object.keys(preview?.problems ?? {}).length > 0;
    if (done) {
      return h(
        'div.adding',
        { role: 'status' },
        h('b', {}, say(w.done, { task: done })),
        h('button.plain', { type: 'button', onclick: toLab }, w.to_lab),
      );
    }
    return h(
      'div.adding',
      {},
      h('button.main', { type: 'button', id: 'add_task', disabled: !preview || blocked || !!reading, onclick: add }, w.add),
      alert && h('span.alert', { role: 'alert' }, alert),
      blocked && h('span.alert', {}, w.stopped_rows),
    );
  }
  function head() {
    const { title, inspection } = props.value;
    const rows = Object.values(inspection?.rows ?? {}).reduce((sum, n) => sum + n, 0);
    const values = { rows: rows.toLocaleString(words.locale), columns: inspection?.columns.length };
    const layout = inspection?.layout ?? {};
    return h(
      'header',
      {},
      h('button.back', { type: 'button', onclick: close }, `‹ ${w.back}`),
      h('h2', {}, title),
      inspection && h('span.soft', {}, say(w.rows_read, values)),
      layout.format && h('span.soft', {}, howRead(layout)),
    );
  }
  function close() {
    if (reading) trigger('stop');
    empty('');
    left = true;
    draw();
  }
  function empty(title) {
    rest();
    hold({ title, inspection: null, preview: null, draft: null, problem: null });
  }
  function meaning() {
    const { inspection, draft, preview } = props.value;
    return h(
      'section.meaning',
      {},
      h('h3', {}, w.meaning),
      h('p.note', {}, inspection.suggestion ? w.guessed : w.not_guessed),
      also(),
      rolesForm(words, inspection, draft ?? {}, change),
      settingsForm(words, methods, draft ?? {}, folded, options => change({ options })),
      preview && labelCounts(words, preview),
      adding(),
      columnsTable(words, inspection),
    );
  }
  function seen() {
    const { preview, bad_rows } = props.value;
    return h(
      'section.seen',
      {},
      problem(),
      preview && [
        h('h3', {}, w.seen),
        splitLine(words, preview),
        rowsSeen(words, preview),
        faults(words, preview, bad_rows, choose),
      ],
    );
  }
  function draw() {
    const { inspection, title } = props.value;
    if (!reading && !inspection && !title) return fill(box, shelves.node());
    const at = document.activeElement?.id; // who works with the keyboard stays where they are
    fill(box, head(), reading && busy(), inspection ? h('div.halves', {}, meaning(), seen()) : !reading && problem());
    box.classList.toggle('at-work', !!reading);
    if (at && document.activeElement?.id !== at) box.querySelector(`#${CSS.escape(at)}`)?.focus();
  }
  document.addEventListener('data:reading', event => {
    empty(' ');
    left = false;
    begin(event.detail);
    if (box.getBoundingClientRect().top > innerHeight / 2) box.scrollIntoView();
  });
  for (const name of ['lab:own', 'lab:tasks']) document.addEventListener(name, () => !props.value.inspection && draw());
  watch('value', () => {
    const number = props.value.asked; // of looking anew; a first look has none
    if (left || (number && number !== asked)) return void (props.value = held);
    const later = waiting;
    rest();
    held = props.value;
    if (later) hold(later);
    if (later) return see();
    const { draft, inspection } = props.value;
    if (draft && inspection && !added.has(keyOf(draft)) && isTaken(draft.name)) draft.name = free(draft.name);
    draw();
  });
  draw();
});
