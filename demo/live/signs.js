/* The sign of a task, the same everywhere: its colour, its marker, and the dash of its validation line. */
import { h } from './dom.js';
import { focus, hidden, isHidden, page, taskName, toggle } from './bus.js';

export const SYMBOLS = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'star'];
export const DASHES = ['6 3', '2 3', '11 4', '8 3 2 3', '4 2', '12 3 2 3 2 3'];
const MARKS = [
  'M4 0A4 4 0 1 0 -4 0A4 4 0 1 0 4 0Z',
  'M-3.5 -3.5H3.5V3.5H-3.5Z',
  'M0 -5L5 0L0 5L-5 0Z',
  'M0 -4.6L4.8 3.8H-4.8Z',
  'M-1.6 -4.6H1.6V-1.6H4.6V1.6H1.6V4.6H-1.6V1.6H-4.6V-1.6H-1.6Z',
  'M0 -5.2L1.4 -1.7L5 -1.6L2.2 .7L3.2 4.3L0 2.2L-3.2 4.3L-2.2 .7L-5 -1.6L-1.4 -1.7Z',
];

/* A task keeps its sign in every run: that of its place in the catalogue, strangers after it. */
function placeOf(task) {
  const known = page.tasks.findIndex(item => item.name === task);
  if (known >= 0) return known;
  return page.tasks.length + ([...task].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 12);
}
export const colourOf = task => placeOf(task) % 6;
/* From the seventh on colours come again, with hollow markers. */
export const isHollow = task => placeOf(task) % 12 >= 6;

export const tint = task => ({ '--t': `var(--t${colourOf(task)})` });

/* Wide: solid (train), marker, dash (validation). Narrow: the marker alone. */
export function sign(task, wide = false) {
  const i = colourOf(task),
    size = wide ? 44 : 12;
  return h(
    'svg.sign',
    { viewBox: `0 0 ${size} 12`, width: size, height: 12, 'aria-hidden': 'true', style: tint(task) },
    wide && h('path', { d: 'M0 6H16' }),
    wide && h('path', { d: 'M20 6H44', 'stroke-dasharray': DASHES[i] }),
    h('path.mark' + (isHollow(task) ? '.hollow' : ''), { d: MARKS[i], transform: `translate(${wide ? 15 : 6} 6)` }),
  );
}

/* Marks a node as a task's: pointing at it dims all other tasks everywhere. */
export const belongs = task => ({
  'data-task': task,
  onmouseenter: () => focus(task),
  onmouseleave: () => focus(),
});

/* A button with the sign: shows or hides the task's lines in the chart. */
export function switchOf(task, wide, ...rest) {
  const words = page.words.watch;
  const button = h(
    'button.switch',
    {
      type: 'button',
      style: tint(task),
      onclick: event => {
        event.preventDefault();
        toggle(task);
      },
    },
    sign(task, wide),
    ...rest,
  );
  const draw = () => {
    const off = isHidden(task),
      word = (off ? words.show : words.hide).replace('{task}', taskName(task));
    button.classList.toggle('off', off);
    button.setAttribute('aria-pressed', String(!off));
    button.setAttribute('aria-label', word);
    button.title = word;
  };
  hidden.watch(button, draw);
  draw();
  return button;
}

export const who = task => h('span.who', { style: tint(task) }, switchOf(task, false), taskName(task));
