/* Which words mattered to what each head says: the same words once for each head, tinted; the numbers of the word that is pointed at. */
import { fill, h, say, signed } from './dom.js';
import { block, labelName, listen, run as current, taskName, tasksOf } from './bus.js';
import { sign, tint } from './signs.js';
import { brief } from './told.js';

const PAUSE = 150;

export const mount = block(({ element, box, props, trigger, watch, words }) => {
  const w = words.mattered;
  const on = h('input', { type: 'checkbox', onchange: () => turn() }),
    said = h('p.soft', { role: 'status' }),
    list = h('div.heads'),
    sample = kind => h(`i.${kind}`, { 'aria-hidden': 'true' }),
    key = h('p.key', {}, w.against, sample('against'), sample('for'), w.for_it),
    note = h('p.note', {}, w.note),
    panel = h('section.words', { 'aria-label': w.title, hidden: true }, said, key, list, note);
  let timer = null,
    past = false,
    waiting = false;

  function ask() {
    clearTimeout(timer);
    waiting = true;
    draw();
    timer = setTimeout(() => element.isConnected && on.checked && trigger('explain'), PAUSE);
  }
  function turn() {
    panel.hidden = !on.checked;
    if (on.checked && !past) ask();
    else draw();
  }
  function draw() {
    const { run, why, problem } = props.value,
      mine = run === current.id && !waiting && !past;
    const told = past ? w.past : waiting ? w.asking : mine && problem ? sentence(problem) : '';
    said.textContent = told;
    said.hidden = !told;
    const shown = mine && !!why;
    for (const part of [key, list, note]) part.hidden = !shown;
    if (shown) fill(list, tasksOf(current).filter(task => why.tasks[task] || why.silent.includes(task)).map(task => head(task, why)));
  }
  const sentence = problem => (problem.details?.reason === 'recorded' ? w.recorded : problem.type === 'ConfigError' ? words.ask.nothing : problem.details?.reason === 'missing' ? words.ask.waiting : brief(words, problem));

  /* A head: its name, what it says, and the words. */
  function head(task, why) {
    const found = why.tasks[task],
      of = found ? (found.of ? labelName(found.of) : w.none_of) : null,
      number = h('b.number');
    return h(
      'div.head',
      { style: tint(task), role: 'group', 'aria-label': [taskName(task), of].filter(Boolean).join(': '), 'data-task': task },
      h('header', {}, h('span.who', {}, sign(task), taskName(task)), number, h('span.of', { title: of }, of ?? '')),
      found ? [why.text, why.text_pair].map((text, which) => text != null && passage(text, which, found, why, number)) : h('p.soft', {}, w.silent),
    );
  }

  function passage(text, which, { weights }, why, number) {
    const own = why.words.map(([of, start, end], at) => ({ of, start, end, at, part: weights[at] })).filter(word => word.of === which);
    if (!own.some(word => word.part != null)) return null; // this head does not read it
    const letters = [...text],
      most = Math.max(...weights.map(Math.abs), 1e-9),
      parts = [];
    let from = 0;
    for (const word of own) {
      parts.push(letters.slice(from, word.start).join(''), marked(letters.slice(word.start, word.end).join(''), word, most, number));
      from = word.end;
    }
    return h('p.passage', {}, parts, h('span.soft', {}, letters.slice(from).join('')));
  }

  function marked(text, { at, part }, most, number) {
    if (part == null) return h('span.soft', { title: w.unread }, text);
    const told = say(w.part, { word: text, p: signed(100 * part, 0) });
    return h(
      `span.w.${part < 0 ? 'against' : 'for'}`,
      { 'data-at': at, tabindex: -1, title: told, style: { '--k': (Math.abs(part) / most).toFixed(2) }, onmouseenter: () => point(at), onmouseleave: () => point(null), onfocus: () => point(at), onblur: () => point(null), onkeydown: move },
      text,
      h('span.sr', {}, ` ${signed(100 * part, 0)} % `),
    );
  }

  /* The same word in all heads, and its number in each. */
  function point(at) {
    for (const node of list.querySelectorAll('.w')) node.classList.toggle('same', +node.dataset.at === at && at !== null);
    const parts = props.value.why?.tasks ?? {};
    for (const node of list.querySelectorAll('.head')) {
      const part = at === null ? null : parts[node.dataset.task]?.weights[at];
      node.querySelector('.number').textContent = part == null ? '' : `${signed(100 * part, 0)} %`;
    }
  }

  /* One stop for the Tab key; the arrows lead to the next word, or to the same word of the next head. */
  function move(event) {
    const here = event.currentTarget,
      heads = [...list.querySelectorAll('.head')],
      mine = [...here.closest('.head').querySelectorAll('.w')],
      other = step => heads[heads.indexOf(here.closest('.head')) + step]?.querySelector(`[data-at="${here.dataset.at}"]`);
    const next = { ArrowLeft: () => mine[mine.indexOf(here) - 1], ArrowRight: () => mine[mine.indexOf(here) + 1], ArrowUp: () => other(-1), ArrowDown: () => other(1) }[event.key]?.();
    if (!next) return;
    event.preventDefault();
    here.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  fill(box, h('label.switched', {}, on, w.switch), panel);
  watch('value', () => {
    waiting = false;
    draw();
    const first = list.querySelector('.w');
    if (first) first.tabIndex = 0;
  });
  listen(element, (_, { opened, answered }) => {
    if (opened) draw();
    if (!answered) return;
    past = answered.past;
    if (on.checked && answered.said && !past) ask();
    else if (on.checked) draw();
  });
});
