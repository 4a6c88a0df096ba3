/* Buttons of which one is pressed, under a title. options: [value, label]. */
import { h } from './dom.js';

export function chips(title, options, chosen, choose) {
  const button = ([value, label]) =>
    h('button.chip' + (value === chosen ? '.on' : ''), { type: 'button', 'aria-pressed': String(value === chosen), onclick: () => choose(value) }, label);
  return h('div.choice', { role: 'group', 'aria-label': title }, h('span', {}, title), options.map(button));
}

/* Draws anew, and gives the focus to the chip that is pressed then: the one that had it is gone. */
export function redraw(node, title, draw) {
  draw();
  node.querySelector(`[aria-label="${CSS.escape(title)}"] .on`)?.focus();
}
