/* The task cards: which tasks a run trains. Value: the names that are ticked. Tasks on the shelf come when they are added. */
import { h, say } from './dom.js';
import { block, page, taskName } from './bus.js';
import { adopt, recordsOf } from './own.js';
import { belongs, switchOf, tint } from './signs.js';

export const mount = block(({ element, box, props, trigger, watch, words }) => {
  const inputs = new Map(),
    note = h('span'),
    list = h('div.list', { role: 'group', 'aria-labelledby': 'cards_title' }),
    more = h('select.more', { 'aria-label': words.setup.add_task, onchange: add }),
    added = new Set(),
    ticked = () => new Set(props.value.tasks);

  const kind = task => {
    const name = task.pair && task.kind === 'classification' ? 'pair' : task.kind,
      open = !task.labels.length && words.kinds[`${name}_open`];
    return say(open || (words.kinds[name] ?? name), { n: task.labels.length, low: task.low, high: task.high });
  };
  const card = task => {
    const input = h('input', { type: 'checkbox', 'aria-label': taskName(task.name), onchange: pick });
    inputs.set(task.name, input);
    return h(
      'div.card' + (task.rows == null ? '.hub' : ''),
      { style: tint(task.name), ...belongs(task.name) },
      h(
        'label',
        {},
        input,
        h('span.name', {}, taskName(task.name)),
        h('span.kind', { title: kind(task) }, kind(task)),
        h('span.example', { lang: 'en', title: task.example }, task.example),
        h('span.size', {}, size(task)),
      ),
      switchOf(task.name, true),
    );
  };
  const size = ({ rows, own }) =>
    rows == null ? !own && words.setup.hub : rows >= 10000 ? Math.round(rows / 1000) + ' k' : rows.toLocaleString(words.locale);
  /* How many rows are here; of those on the Hub only that there are some. */
  const sizes = tasks => {
    const here = tasks.reduce((sum, task) => sum + (task.rows ?? 0), 0),
      counted = say(words.setup.rows, { n: here.toLocaleString(words.locale) });
    if (tasks.every(task => task.rows != null)) return counted;
    return here ? `${counted} + ${words.setup.hub}` : words.setup.hub;
  };
  const isShown = task => !task.shelf || added.has(task.name) || ticked().has(task.name);
  /* What is here comes first, then what is on the Hub, by language. */
  const groups = tasks => {
    const option = task => h('option', { value: task.name }, `${taskName(task.name)} · ${kind(task)}`),
      label = language => `${words.setup.hub} · ${words.languages[language] ?? language}`;
    return [...new Set(tasks.map(task => task.language))].flatMap(language => {
      const members = tasks.filter(task => task.language === language).map(option);
      return language ? h('optgroup', { label: label(language) }, members) : members;
    });
  };
  function add() {
    added.add(more.value);
    inputs.get(more.value).checked = true;
    pick();
  }

  function pick() {
    const tasks = page.tasks.map(task => task.name).filter(name => inputs.get(name).checked);
    props.value = { tasks, own: recordsOf(tasks) };
    draw();
    trigger('edit');
  }
  /* The visitor's own tasks come and go while the page is open. */
  function build() {
    inputs.clear();
    list.replaceChildren(...page.tasks.map(card));
    draw();
    if (props.value.tasks.some(name => !inputs.has(name))) pick();
  }
  function tick(name) {
    if (!inputs.has(name)) return;
    added.add(name);
    inputs.get(name).checked = true;
    pick();
  }
  function arrive() {
    if (!adopt(props.value.own)) draw();
  }
  function draw() {
    const on = ticked();
    for (const [name, input] of inputs) {
      input.checked = on.has(name);
      input.closest('.card').classList.toggle('on', on.has(name));
    }
    const cardOf = task => inputs.get(task.name).closest('.card');
    for (const task of page.tasks) cardOf(task).hidden = !isShown(task);
    /* What was taken from the shelf comes first: it is what this run is about. */
    const taken = task => task.shelf && isShown(task);
    [...page.tasks.filter(taken), ...page.tasks.filter(task => !taken(task))].forEach((task, at) => {
      if (list.children[at] !== cardOf(task)) list.insertBefore(cardOf(task), list.children[at]);
    });
    const rest = page.tasks.filter(task => !isShown(task));
    more.hidden = !rest.length;
    more.replaceChildren(
      h('option', { value: '', disabled: true, selected: true }, words.setup.add_task),
      ...groups(rest),
    );
    note.textContent = say(words.setup.tasks_note, {
      n: on.size,
      m: page.tasks.filter(isShown).length,
      rows: sizes(page.tasks.filter(task => on.has(task.name))),
    });
    document.dispatchEvent(new CustomEvent('lab:tasks', { detail: [...on] }));
  }
  box.replaceChildren(
    h('div.legend', { id: 'cards_title' }, h('b', {}, words.setup.tasks), note),
    list,
    more,
  );
  watch('value', arrive);
  document.addEventListener('lab:own', build);
  document.addEventListener('lab:tick', event => tick(event.detail));
  // The form may be filled in already, with a task that only its run knows: taken in first, it is not taken for gone.
  if (!adopt(props.value.own)) build();
  element.tasks = ticked;
});
