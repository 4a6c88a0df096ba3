/* Bring data: a file, or a data set of the Hub, and the tasks that this browser keeps. Value: { hub: the form }. */
import { fill, h, say } from './dom.js';
import { block } from './bus.js';
import { forget, stored } from './own.js';
import { sign, tint } from './signs.js';

const MB = 2 ** 20,
  MORE = ['config', 'train', 'validation', 'test', 'revision'];

export const mount = block(({ box, props, trigger, words }) => {
  const w = words.data,
    { limits } = props.value,
    fields = {},
    alert = h('p.alert', { role: 'alert', hidden: true }),
    own = h('div.own');
  const number = value => value.toLocaleString(words.locale);

  /* Gradio's own button sends the file; what is too large is refused here, before a byte of it is sent. */
  function send(file) {
    const input = document.querySelector('#bringing input[type=file]:not(#own_file)');
    alert.hidden = true;
    if (!file || !input) return;
    if (file.size > limits.bytes) {
      const values = { file: file.name, found: number(Math.ceil(file.size / MB)), mb: limits.bytes / MB };
      fill(alert, say(w.too_large, values));
      alert.hidden = false;
      return;
    }
    const chosen = new DataTransfer();
    chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    tellReading(file.name, w.uploading);
  }
  const tellReading = (name, sentence = w.reading) =>
    document.dispatchEvent(new CustomEvent('data:reading', { detail: say(sentence, { name }) }));

  const picker = h('input.sr', {
    type: 'file',
    id: 'own_file',
    accept: limits.suffixes.map(suffix => `.${suffix}`).join(','),
    onchange: event => {
      send(event.target.files[0]);
      event.target.value = '';
    },
  });
  const drop = h(
    'label.drop',
    {
      for: 'own_file',
      ondragover: event => {
        event.preventDefault();
        drop.classList.add('over');
      },
      ondragleave: () => drop.classList.remove('over'),
      ondrop: event => {
        event.preventDefault();
        drop.classList.remove('over');
        send(event.dataTransfer.files[0]);
      },
    },
    picker,
    h('span', {}, w.drop, ' ', h('u', {}, w.choose)),
  );
  const told = { mb: limits.bytes / MB, ...limits, rows: number(limits.rows) };

  const field = name =>
    h(
      'label.typed',
      {},
      h('span', {}, w[`hub_${name}`]),
      (fields[name] = h('input', { type: 'text', name, spellcheck: 'false', autocomplete: 'off', maxlength: 200 })),
    );
  function fetchHub(event) {
    event.preventDefault();
    const hub = Object.fromEntries(Object.entries(fields).map(([name, input]) => [name, input.value]));
    if (!hub.id.trim()) return fields.id.focus();
    props.value = { ...props.value, hub };
    tellReading(hub.id.trim());
    trigger('hub');
  }
  const form = h(
    'form.hub',
    { onsubmit: fetchHub },
    h('h3', {}, w.hub_heading),
    h('div.pair', {}, field('id'), h('button.plain', { type: 'submit', id: 'hub_read' }, w.hub_read)),
    h('details', {}, h('summary', {}, w.hub_more), h('div.grid', {}, MORE.map(field))),
    h('p.note', {}, say(w.hub_note, { rows: number(limits.hub_rows) })),
  );
  fields.id.placeholder = 'stanfordnlp/sst2';

  function drawOwn() {
    const rows = stored().map(({ spec }) =>
      h(
        'div.mine',
        { style: tint(spec.name) },
        sign(spec.name),
        h('b', {}, spec.name),
        h('span.soft', {}, w.kinds[spec.kind] ?? spec.kind),
        h('button.x', { type: 'button', 'aria-label': say(w.forget, { task: spec.name }), onclick: () => forget(spec.name) }, '×'),
      ),
    );
    fill(own, h('h3', {}, w.own), rows.length ? rows : h('p.note', {}, w.own_none), h('p.note', {}, say(w.own_note, limits)));
  }
  fill(box, drop, alert, h('p.note', {}, say(w.limits, told)), form, own);
  document.addEventListener('lab:own', drawOwn);
  drawOwn();
});
