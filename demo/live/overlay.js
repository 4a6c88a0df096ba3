/* Several runs on one chart: a task has its colour and marker, a run its dash. One Plotly div; a zoom survives updates. */
import { fill, h, say } from './dom.js';
import { hidden, isHidden, taskName } from './bus.js';
import { choice, drawn, seen } from './contest.js';
import { smoother, token } from './curves.js';
import { SYMBOLS, colourOf, isHollow } from './signs.js';

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'],
  AXES = ['steps', 'seconds', 'examples'],
  WHAT = ['train', 'validation', 'score'],
  SMOOTH = 0.8,
  MARKERS = 8,
  CONFIG = { responsive: true, displayModeBar: false, showTips: false },
  PICTURE = { width: 1000, height: 560, filename: 'comparison' };

/* Gives { node, draw, picture }. */
export function overlay(words) {
  const w = words.compare,
    view = { x: 'steps', what: 'train' },
    plot = h('div.plot2', { role: 'img' }),
    idle = h('p.idle', {}, w.no_points),
    key = h('div.keys');
  const chooser = (part, names, label) =>
    h('label.tool', {}, h('span.sr', {}, label), h('select', { 'aria-label': label, onchange: event => { view[part] = event.target.value; draw(); } }, names));
  const tools = h(
    'div.tools',
    {},
    h('h3', {}, w.chart),
    key,
    h('span.gap'),
    chooser('what', WHAT.map(name => h('option', { value: name }, w.what[name])), w.chart),
    chooser('x', AXES.map(name => h('option', { value: name }, words.watch[name])), words.watch.axis_by),
  );
  const node = h('div.overlay', {}, tools, h('div.frame2', {}, plot, idle));

  function draw() {
    if (!window.Plotly) {
      setTimeout(() => node.isConnected && draw(), 100);
      return;
    }
    if (!node.offsetParent) return;
    const traces = drawn().flatMap(of => tracesOf(of));
    idle.hidden = traces.some(trace => trace.x.length);
    plot.setAttribute('aria-label', say(w.chart_alt, { what: w.what[view.what], axis: words.watch[view.x] }));
    fill(key, styles().map(([style, name]) => h('span.keyline', {}, sample(style), name)));
    window.Plotly.react(plot, traces, layout(), CONFIG);
  }
  /* What each dash stands for. */
  function styles() {
    const found = new Map();
    for (const { style, name, task } of drawn()) {
      if (name) found.set(style, found.has(style) ? name.split(' · ')[0] : name);
      else found.set(style, task === null ? words.card.together : words.card.alone);
    }
    return [...found];
  }
  const sample = style =>
    h('svg.sample', { width: 28, height: 8, 'aria-hidden': 'true' }, h('path', { d: 'M0 4H28', 'stroke-dasharray': ['none', '7 4', '2 3', '7 3 2 3', '12 4', '12 3 2 3'][style] }));

  function tracesOf({ run, style, task, name }) {
    const of = seen.get(run);
    if (!of) return [];
    const told = name ?? (task === null ? words.card.together : words.card.alone);
    return tasksOf(of).map(each => {
      const { x, y } = points(of, each),
        color = token(`--t${colourOf(each)}`);
      return {
        x,
        y,
        type: 'scatter',
        mode: 'lines+markers',
        connectgaps: false,
        visible: !isHidden(each),
        name: `${escape(taskName(each))} · ${escape(told)}`,
        line: { color, width: 2, dash: DASHES[style % DASHES.length] },
        marker: { color, size: 6, symbol: SYMBOLS[colourOf(each)] + (isHollow(each) ? '-open' : ''), maxdisplayed: MARKERS },
        hovertemplate: '%{y:.3f}',
      };
    });
  }
  const tasksOf = of => (of.start?.tasks ?? []).map(task => task.name);

  /* The curve of a task; seconds count from the first step, so that loading counts for no run. */
  function points(of, task) {
    const began = of.start?.t ?? 0,
      train = of.train[task] ?? [];
    const place = (step, t) => (view.x === 'steps' ? step : view.x === 'seconds' ? Math.max(0, t - began) : (train.findLast(row => row[0] <= step)?.[2] ?? 0));
    if (view.what === 'train') {
      const smooth = smoother(SMOOTH);
      return { x: train.map(row => place(row[0], row[1])), y: train.map(row => smooth(Number.isFinite(row[3]) ? row[3] : null)) };
    }
    if (view.what === 'validation') {
      const rows = of.validation[task] ?? [];
      return { x: rows.map(row => place(row[0], row[1])), y: rows.map(row => row[2]) };
    }
    const rows = of.scores.filter(row => row[0] === task && row[1] === 'validation');
    return { x: rows.map(row => place(row[2], row[3])), y: rows.map(row => 100 * row[5][row[4]]) };
  }

  function layout() {
    const size = parseFloat(token('--fs-1')) || 12,
      soft = token('--ink-2'),
      font = { family: getComputedStyle(document.body).fontFamily, size, color: token('--ink') },
      narrow = plot.clientWidth < 600;
    const axis = { gridcolor: token('--rule'), linecolor: token('--edge'), tickfont: { size, color: soft }, zeroline: false, ticks: '', automargin: true };
    return {
      uirevision: JSON.stringify([choice, view]),
      margin: { l: size * 3.4, r: 8, t: 8, b: size * 2.9 },
      showlegend: true,
      legend: narrow ? { orientation: 'h', y: -0.2, font } : { x: 1.01, y: 1, font },
      hovermode: 'x unified',
      paper_bgcolor: token('--surface'), // pictures are taken with it
      plot_bgcolor: token('--surface'),
      font,
      hoverlabel: { bgcolor: token('--surface'), bordercolor: token('--edge'), font },
      xaxis: { ...axis, rangemode: 'tozero', title: { text: words.watch[view.x], font: { size, color: soft }, standoff: 6 } },
      yaxis: { ...axis, rangemode: 'tozero', nticks: 6, title: { text: w.what[view.what], font: { size, color: soft }, standoff: 6 } },
    };
  }
  hidden.watch(plot, draw);
  new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ['class'] });
  // A tab that opens draws itself.
  let wide = 0;
  new ResizeObserver(() => {
    if (node.offsetWidth === wide) return;
    wide = node.offsetWidth;
    draw();
  }).observe(node);

  const picture = format => window.Plotly?.downloadImage(plot, { ...PICTURE, format });
  return { node, draw, picture };
}

/* Plotly reads a little HTML in names: a task called <b> stays <b>. */
const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
