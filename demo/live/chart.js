/* The loss of every task: one Plotly div for the life of the page. Zoom, view and hidden lines survive every update. */
import { h, say } from './dom.js';
import { block, hidden, isHidden, listen, run as current, taskName, tasksOf } from './bus.js';
import { Curves, token } from './curves.js';
import { Ends, room } from './ends.js';
import { tools } from './tools.js';

const CONFIG = { responsive: false, displayModeBar: false, doubleClick: false, showTips: false };
const CLEAR = 'rgba(0,0,0,0)';

/* Plotly comes beside the page; nothing else waits for it. */
const plotly = new Promise(resolve => {
  const look = () => (window.Plotly ? resolve(window.Plotly) : setTimeout(look, 50));
  look();
});

export const mount = block(async ({ element, box, words }) => {
  const chart = new Chart(box, words.watch, await plotly);
  chart.draw();
  chart.hear();
  listen(element, (run, news) => chart.update(run, news));
});

class Chart {
  constructor(box, words, plot) {
    this.box = box;
    this.words = words;
    this.plotly = plot;
    this.view = { smooth: 0.8, log: false, x: 'steps' };
    this.zoomed = false;
    this.own = 0; // moves of the axes that are ours, not a person's
    this.queue = Promise.resolve();
    this.plot = h('div.plot', { role: 'img' });
    this.names = h('div.ends');
    this.idle = h('p.idle', {}, words.empty);
    this.whole = h('button.whole', { type: 'button', hidden: true, onclick: () => this.reset() }, words.zoom);
    const change = (part, rescales) => {
      Object.assign(this.view, part);
      if (rescales) this.reset();
      else this.draw();
    };
    box.replaceChildren(
      tools(words, this.view, change),
      h('div.frame', {}, this.plot, this.names, this.whole, this.idle),
    );
    this.ends = new Ends(this.names);
  }

  /* Draws everything again on the same div: another run, another view, other colours. */
  draw() {
    const idle = !current.id || current.missing;
    this.idle.hidden = !idle;
    this.names.hidden = !tasksOf(current).length;
    this.box.classList.toggle('blank', idle);
    this.curves = new Curves(current, this.view);
    const traces = this.curves.traces();
    traces.forEach((trace, i) => this.#name(trace, i));
    this.plot.setAttribute('aria-label', say(this.words.chart_alt, { axis: this.words[this.view.x] }));
    return this.#quietly(() => this.plotly.react(this.plot, traces, this.#layout(), CONFIG));
  }

  /* New rows of the same run grow the lines; anything else is drawn again. */
  update(run, news) {
    if (news.opened || run.missing) {
      this.zoomed = false;
      this.draw();
      return;
    }
    this.queue = this.queue.then(() => {
      const same = this.curves.run === run && this.curves.lines.length === tasksOf(run).length;
      return same ? this.#grow() : this.draw();
    });
  }

  reset() {
    this.zoomed = false;
    return this.draw();
  }

  /* A person's zoom and hiding, the theme, and the size of the page. */
  hear() {
    const { plot } = this;
    plot.on('plotly_relayout', change => {
      if (this.own || !Object.keys(change).some(key => key.includes('range['))) return;
      this.zoomed = true;
      this.#label();
    });
    plot.on('plotly_doubleclick', () => this.reset());
    hidden.watch(plot, () => this.#hide());
    document.addEventListener('lab:focus', event => this.#point(event.detail));
    new MutationObserver(() => this.draw()).observe(document.body, { attributes: true, attributeFilter: ['class'] });
    const fit = () => plot.clientWidth && this.#quietly(() => this.plotly.Plots.resize(plot));
    new ResizeObserver(() => requestAnimationFrame(fit)).observe(plot);
  }

  async #quietly(move) {
    this.own++;
    try {
      await move();
    } finally {
      this.own--;
    }
    this.#label();
  }

  /* The axes move only if nobody zoomed, and only when they have to. */
  async #grow() {
    const news = this.curves.grow();
    if (!news.rows) return;
    await this.#quietly(async () => {
      await this.plotly.extendTraces(this.plot, { x: news.x, y: news.y }, news.indices);
      if (!this.zoomed) await this.#rescale();
    });
  }

  async #rescale() {
    const { xaxis, yaxis } = this.plot.layout;
    const x = [0, this.curves.end()];
    const y = this.curves.range(this.view.log);
    const slack = 0.02 * (y[1] - y[0]);
    const moved = xaxis.range[1] !== x[1] || y.some((bound, i) => Math.abs(bound - yaxis.range[i]) > slack);
    if (moved) await this.plotly.relayout(this.plot, { 'xaxis.range': x, 'yaxis.range': y });
  }

  #label() {
    this.whole.hidden = !this.zoomed;
    const full = this.plot._fullLayout; // Plotly's own measure of what it drew
    if (!full || !this.curves.lines.some(line => line.last)) this.ends.clear();
    else this.ends.place(this.curves.lines, full, this.view.log);
  }

  #hide() {
    const visible = this.curves.lines.flatMap(line => Array(3).fill(!isHidden(line.task)));
    if (!visible.length) return;
    this.#quietly(async () => {
      await this.plotly.restyle(this.plot, { visible });
      if (!this.zoomed) await this.#rescale();
    });
  }

  #point(tasks) {
    const opacity = this.curves.lines.flatMap(line =>
      !tasks.length || tasks.includes(line.task) ? [0.16, 1, 1] : [0.04, 0.15, 0.15],
    );
    if (opacity.length) this.#quietly(() => this.plotly.restyle(this.plot, { opacity }));
  }

  #name(trace, i) {
    const task = taskName(this.curves.lines[Math.floor(i / 3)].task);
    trace.name = escape(task) + (i % 3 === 2 ? ` · ${this.words.validation_line}` : '');
    trace.hovertemplate = i % 3 ? '%{y:.3f}' : undefined;
  }

  #layout() {
    const size = parseFloat(token('--fs-1')) || 12;
    const soft = token('--ink-2');
    const font = { family: getComputedStyle(document.body).fontFamily, size, color: token('--ink') };
    const axis = {
      gridcolor: token('--rule'),
      linecolor: token('--edge'),
      tickfont: { size, color: soft },
      zeroline: false,
      ticks: '',
    };
    const kept = this.zoomed ? this.plot.layout : null;
    const x = { range: kept?.xaxis.range ?? [0, this.curves.end()], nticks: this.plot.clientWidth < 480 ? 5 : 9 };
    const y = { range: kept?.yaxis.range ?? this.curves.range(this.view.log), nticks: 6 };
    return {
      margin: { l: size * 3.2, r: room(tasksOf(current), size), t: 8, b: size * 2.9 },
      showlegend: false,
      hovermode: 'x unified',
      dragmode: 'zoom',
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      font,
      hoverlabel: { bgcolor: token('--surface'), bordercolor: token('--edge'), font },
      xaxis: { ...axis, ...x, title: { text: this.words[this.view.x], font: { size, color: soft }, standoff: 6 } },
      yaxis: { ...axis, ...y, type: this.view.log ? 'log' : 'linear' },
    };
  }
}

/* Plotly reads a little HTML in names: a task called <b> stays <b>. */
const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
