/* Names at the line ends: pushed apart so that none overlap, with a leader, the marker and the value. Press: hide or show. */
import { h, short } from './dom.js';
import { isHidden, page, taskName } from './bus.js';
import { belongs, switchOf, tint } from './signs.js';

const pen = document.createElement('canvas').getContext('2d');

/* Pixels the longest name and its value need beside the plot. */
export function room(tasks, size) {
  pen.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(0, ...tasks.map(task => pen.measureText(taskName(task)).width)) + size * 6;
}

export class Ends {
  constructor(box) {
    this.box = box;
    this.leads = h('svg.leads', { width: '100%', height: '100%', 'aria-hidden': 'true' });
    this.nodes = new Map();
    box.replaceChildren(this.leads);
  }

  clear() {
    this.nodes.clear();
    this.leads.replaceChildren();
    this.box.replaceChildren(this.leads);
  }

  /* full: Plotly's own measure of the drawn plot. */
  place(lines, full, log) {
    const size = parseFloat(getComputedStyle(this.box).fontSize) || 12,
      gap = size * 1.45;
    const { xaxis, yaxis } = full,
      left = xaxis._offset,
      right = left + xaxis._length,
      top = yaxis._offset,
      floor = top + yaxis._length;
    const list = lines
      .filter(line => line.last)
      .map(line => {
        const off = isHidden(line.task),
          y = top + yaxis.l2p(log ? Math.log10(line.last.y) : line.last.y);
        const x = left + xaxis.l2p(line.last.x);
        return { line, off, x: Math.min(right, Math.max(left, x)), y: off ? floor : Math.min(floor, Math.max(top, y)) };
      })
      .sort((a, b) => a.off - b.off || a.y - b.y);
    spread(list, gap, top + size / 2, floor - size / 3);
    this.leads.replaceChildren(
      ...list
        .filter(end => !end.off)
        .map(end => h('path', { style: tint(end.line.task), d: `M${end.x + 2} ${end.y}L${end.x + 10} ${end.at}` })),
    );
    for (const end of list) this.#draw(end);
    for (const [task, node] of this.nodes)
      if (!list.some(end => end.line.task === task)) {
        node.remove();
        this.nodes.delete(task);
      }
  }

  #draw(end) {
    const { task, last } = end.line;
    let node = this.nodes.get(task);
    if (!node) {
      node = h(
        'div.end',
        { style: tint(task), ...belongs(task) },
        switchOf(task, false, h('b', {}, taskName(task)), h('span')),
      );
      this.nodes.set(task, node);
      this.box.append(node);
    }
    node.querySelector('button > span').textContent = last.broken ? page.words.watch.not_a_number : short(last.y);
    const x = end.off ? Math.min(end.x, this.box.clientWidth) : end.x;
    node.style.transform = `translate(${Math.round(x + 12)}px, ${Math.round(end.at)}px)`;
  }
}

/* Moves ends apart to `gap`, then back between `top` and `floor`. */
function spread(list, gap, top, floor) {
  for (const end of list) end.at = end.y;
  for (let n = 0; n < 40; n++) {
    for (let i = 1; i < list.length; i++) {
      const lack = gap - (list[i].at - list[i - 1].at);
      if (lack > 0) {
        list[i - 1].at -= lack / 2;
        list[i].at += lack / 2;
      }
    }
  }
  list.forEach((end, i) => {
    end.at = Math.max(end.at, top + i * gap);
  });
  for (let i = list.length - 1, y = floor; i >= 0; i--, y -= gap) list[i].at = Math.min(list[i].at, y);
}
