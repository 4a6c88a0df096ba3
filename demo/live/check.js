/* Whether the encoder reads a sentence on this machine, and what this machine is. Value: { encoder, done or error }. */
import { fill, h, memory, say } from './dom.js';
import { block } from './bus.js';
import { explain } from './told.js';

export const mount = block(({ box, props, trigger, watch, words }) => {
  const w = words.check;
  let waiting = false;

  const button = h('button.plain', { type: 'button', id: 'check_press', onclick: press });
  const told = h('div.told', { role: 'status' });
  function press() {
    if (waiting) return;
    waiting = true;
    draw();
    trigger('check');
  }
  const line = (title, ...value) => h('div', {}, h('dt', {}, title), h('dd', {}, value));

  function machine({ device, device_name: name, precision, memory_bytes: bytes, python, versions }) {
    const list = [`Python ${python}`, ...Object.entries(versions).map(([library, version]) => `${library} ${version}`)];
    return [
      line(w.machine, [name || device, device, precision].filter(Boolean).join(' · ')),
      bytes && line(w.memory, memory(words.units, bytes)),
      line(w.versions, list.join(' · ')),
    ];
  }
  function encoder(found) {
    const values = {
      type: found.model_type,
      n: found.num_hidden_layers,
      hidden: found.hidden_size,
      parameters: (found.parameters / 1e6).toFixed(1),
    };
    const shapes = Object.entries(found.shapes).map(([name, shape]) => `${w.shape_names[name] ?? name} ${shape.join(' × ')}`);
    return [
      line(w.encoder, say(w.layers, values)),
      line(w.origin, w.origins[found.origin] ?? found.origin),
      line(w.sentence, h('q', {}, found.text)),
      line(w.tokens, found.tokens.join(' ')),
      line(w.shapes, shapes.join(' · '), ' · ', say(w.took, { s: found.seconds })),
    ];
  }
  function result() {
    const { encoder: name, done, error } = props.value;
    if (error) {
      const { title, why } = explain(words, error);
      return h('p.bad', {}, h('b', {}, title), ' ', why);
    }
    if (!done) return null;
    const { check } = done,
      { error: type, ...rest } = check.error ?? {};
    return [
      h('p' + (check.works ? '' : '.bad'), {}, h('b', {}, say(check.works ? w.works : w.fails, { encoder: name })), type && [' ', explain(words, { type, ...rest }).why]),
      h('dl', {}, check.works && encoder(check), machine(done.machine)),
    ];
  }
  function draw() {
    button.setAttribute('aria-disabled', String(waiting));
    fill(button, waiting ? w.checking : props.value.done || props.value.error ? w.press : w.open);
    fill(told, waiting ? null : result());
  }
  fill(box, button, told);
  watch('value', () => {
    waiting = false;
    draw();
  });
  draw();
});
