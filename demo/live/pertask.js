/* A number for each task. Value: { numbers: { task: number or null } }; an empty field is null. */
import { fill, h } from './dom.js';
import { block, page, taskName } from './bus.js';
import { belongs, sign, tint } from './signs.js';

export const mount = block(({ box, props, trigger, watch }) => {
  const { title, empty, info } = props,
    fields = new Map();

  const field = task => {
    const input = h('input', {
      type: 'number',
      step: 'any',
      placeholder: empty,
      'aria-label': `${title}: ${taskName(task.name)}`,
      onchange: type,
    });
    fields.set(task.name, input);
    return h(
      'label',
      { style: tint(task.name), title: taskName(task.name), ...belongs(task.name) },
      sign(task.name),
      input,
    );
  };
  function type() {
    const numbers = {};
    for (const [name, input] of fields) numbers[name] = input.value === '' ? null : input.valueAsNumber;
    props.value = { numbers };
    trigger('edit');
  }
  function draw() {
    for (const [name, input] of fields) {
      const value = props.value.numbers[name];
      if (document.activeElement !== input || input.valueAsNumber !== value) input.value = value ?? '';
    }
  }
  const show = ticked => {
    for (const [name, input] of fields) input.parentElement.hidden = !ticked.includes(name);
  };

  function build() {
    fields.clear();
    fill(box, h('span.title', {}, title), info && h('p.hint', {}, info), h('div.grid', {}, page.tasks.map(field)));
    const cards = document.querySelectorAll('#cards .card');
    if (cards.length) show([...cards].filter(card => card.classList.contains('on')).map(card => card.dataset.task));
    draw();
  }
  document.addEventListener('lab:tasks', event => show(event.detail));
  document.addEventListener('lab:own', build);
  watch('value', draw);
  build();
});
