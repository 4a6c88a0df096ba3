/* The task cards: which tasks a run trains. Value: the names that are ticked. */
import { h, say } from './dom.js';
import { block, page, taskName } from './bus.js';
import { belongs, switchOf, tint } from './signs.js';

export const mount = block(({ element, box, props, trigger, watch, words }) => {
  const inputs = new Map(),
    note = h('span'),
    ticked = () => new Set(props.value.tasks);

  const kind = task => {
    const word = words.kinds[task.pair && task.kind === 'classification' ? 'pair' : task.kind] ?? task.kind;
    return say(word, { n: task.labels.length, low: task.low, high: task.high });
  };
  const card = task => {
    const input = h('input', { type: 'checkbox', 'aria-label': taskName(task.name), onchange: pick });
    inputs.set(task.name, input);
    return h(
      'div.card',
      { style: tint(task.name), ...belongs(task.name) },
      h(
        'label',
        {},
        input,
        h('span.name', {}, taskName(task.name)),
        h('span.kind', {}, kind(task)),
        h('span.example', { lang: 'en', title: task.example }, task.example),
        h('span.size', {}, size(task.rows)),
      ),
      switchOf(task.name, true),
    );
  };
  const size = rows => (rows >= 10000 ? Math.round(rows / 1000) + ' k' : rows.toLocaleString(words.locale));

  function pick() {
    props.value = { tasks: page.tasks.map(task => task.name).filter(name => inputs.get(name).checked) };
    draw();
    trigger('edit');
  }
  function draw() {
    const on = ticked(),
      rows = page.tasks.filter(task => on.has(task.name)).reduce((sum, task) => sum + task.rows, 0);
    for (const [name, input] of inputs) {
      input.checked = on.has(name);
      input.closest('.card').classList.toggle('on', on.has(name));
    }
    note.textContent = say(words.setup.tasks_note, {
      n: on.size,
      m: inputs.size,
      rows: rows.toLocaleString(words.locale),
    });
    document.dispatchEvent(new CustomEvent('lab:tasks', { detail: [...on] }));
  }
  box.replaceChildren(
    h('div.legend', { id: 'cards_title' }, h('b', {}, words.setup.tasks), note),
    h('div.list', { role: 'group', 'aria-labelledby': 'cards_title' }, page.tasks.map(card)),
  );
  watch('value', draw);
  draw();
  element.tasks = ticked;
});
