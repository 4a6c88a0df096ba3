/* A relation that needs runs of its own: asks the server how they are, shows it, and asks for what is missing. */
import { fill, h } from './dom.js';
import { isFinal, isRecorded } from './bus.js';
import { brief } from './told.js';

const AGAIN = 2000; // milliseconds between two questions while something goes on

export class Further {
  /* part: { ask, words: of this relation, moving(told), inside(told, further) }; press starts what is missing; heard is
     called after every answer. */
  constructor(words, part, ask, press, heard = () => {}) {
    Object.assign(this, { words, part, ask, press, heard });
    this.node = h('section', { id: `about_${part.ask}` });
    this.told = null;
    this.run = null;
    this.waiting = false;
    this.refusal = null;
    this.asking = false;
    this.timer = null;
  }

  show(run) {
    if (this.run?.id !== run.id) {
      this.told = this.refusal = null;
      this.waiting = false;
    }
    this.run = run;
    this.#draw();
    if (!this.told) this.look();
  }

  /* The server has answered a press: { run, refusal }. */
  answered({ run, refusal }) {
    if (run !== this.run?.id) return;
    this.waiting = false;
    this.refusal = refusal;
    this.#draw();
    this.look();
  }

  start() {
    if (this.waiting) return;
    this.waiting = true;
    this.refusal = null;
    this.#draw();
    this.press(this.run.id);
  }

  async look() {
    clearTimeout(this.timer);
    const { id } = this.run ?? {};
    if (!this.#open() || !this.node.offsetParent || this.asking) return;
    this.asking = true;
    try {
      const told = await this.ask({ ask: this.part.ask, run: id });
      if (this.run?.id === id) this.told = told;
    } catch {
      /* the connection is lost: the state line says so, and what is known stays */
    }
    this.asking = false;
    this.#draw();
    this.heard();
    if (!this.told || this.part.moving(this.told)) this.timer = setTimeout(() => this.look(), AGAIN);
  }

  /* A button that starts what is missing. */
  button(label, waiting = label) {
    return h(
      'button.plain',
      { type: 'button', 'data-go': this.part.ask, 'aria-disabled': String(this.waiting), onclick: () => this.start() },
      this.waiting ? waiting : label,
    );
  }

  #open() {
    return !!this.run?.id && !isRecorded(this.run) && isFinal(this.run) && (this.run.start?.tasks.length ?? 0) > 1;
  }

  #draw() {
    const { words: w } = this.part,
      key = JSON.stringify([this.run?.id, this.#open(), this.told, this.waiting, this.refusal]);
    if (key === this.drawn) return;
    this.drawn = key;
    fill(
      this.node,
      h('h3', {}, w.title),
      h('p.note', {}, w.about),
      this.#open() ? this.told && this.#inside() : h('p.idle', {}, w.own_run),
      this.refusal && h('p.alert', { role: 'alert' }, brief(this.words, this.refusal)),
    );
  }

  #inside() {
    if (this.told.problem) return h('p.idle', {}, brief(this.words, this.told.problem));
    return this.part.inside(this.told, this);
  }

  /* Draws what it shows anew: a choice on the page has changed. */
  redraw() {
    this.drawn = null;
    this.#draw();
  }
}
