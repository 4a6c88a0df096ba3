/* The line over the chart: what the lines mean, and how they are shown. View options never visit the server. */
import { h } from './dom.js';

const AXES = ['steps', 'seconds', 'examples'];

/* change(part, rescales): a part of the view has changed; a zoom of the old axes would make no sense on new ones. */
export function tools(words, view, change) {
  const sample = dash =>
    h(
      'svg.sample',
      { width: 28, height: 8, 'aria-hidden': 'true' },
      h('path', { d: 'M0 4H28', 'stroke-dasharray': dash }),
    );
  const smooth = h('input', {
    id: 'smooth',
    type: 'range',
    min: 0,
    max: 0.95,
    step: 0.05,
    value: view.smooth,
    oninput: event => change({ smooth: +event.target.value }, false),
  });
  const log = h('input', {
    id: 'log',
    type: 'checkbox',
    onchange: event => change({ log: event.target.checked }, true),
  });
  const axes = AXES.map(key => h('option', { value: key }, words[key]));
  const axis = h('select', { id: 'axis', onchange: event => change({ x: event.target.value }, true) }, axes);
  return h(
    'div.tools',
    {},
    h('h3', {}, words.chart),
    h('span.keyline', {}, sample('none'), words.train_line),
    h('span.keyline', {}, sample('5 3'), words.validation_line),
    h('span.gap'),
    h('label.tool', {}, words.smoothing, smooth),
    h('label.tool', {}, log, words.log),
    h('label.tool', {}, h('span.sr', {}, words.axis_by), axis),
  );
}
