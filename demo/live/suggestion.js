/* What a relation suggests: which tasks should share an encoder, and up to which layer; the Lab's form can be set so. */
import { fill, h, say, signed } from './dom.js';
import { taskName, tasksOf } from './bus.js';
import { shade, strengthOf } from './cell.js';
import { chips, redraw } from './chips.js';
import { writer } from './related.js';
import { belongs, who } from './signs.js';

const MOST_TASKS = 8, // as mtl/analysis/grouping.py
  KINDS = ['gain', 'affinity', 'cosine'];

export class Suggestion {
  constructor(words, apply) {
    this.words = words;
    this.w = words.relations;
    this.apply = apply;
    this.kind = null; // by what to group, and into how many; null until a visitor chooses
    this.encoders = null;
    this.run = null;
    this.node = h('section');
  }

  show(run, told) {
    if (this.run?.id !== run.id) this.kind = this.encoders = null;
    this.run = run;
    this.told = told;
    this.#draw();
  }

  #draw() {
    const { w } = this,
      kinds = KINDS.filter(kind => this.told?.[kind]);
    const shown = kinds.includes(this.kind) ? this.kind : kinds[0];
    fill(
      this.node,
      h('h3', {}, w.suggestion),
      shown ? this.#groups(kinds, shown) : h('p.idle', {}, w.no_groups),
      h('h3', {}, w.split),
      this.#split(),
      h('p.note', {}, w.note),
    );
  }

  #groups(kinds, kind) {
    const { w } = this,
      found = this.told[kind],
      all = found.groupings,
      write = writer(kind, found, w);
    const by = this.#choice(w.by, kinds.map(each => [each, w[each].title]), kind, each => (this.kind = each));
    if (!all.length) return [by, h('p.idle', {}, say(w.too_many, { n: MOST_TASKS }))];
    const best = all.reduce((high, each, i) => (each.value > all[high].value ? i : high), 0),
      at = all[this.encoders - 1] ? this.encoders - 1 : best;
    const numbers = all.map((_, i) => [i + 1, i === best ? `${i + 1} · ${w.best}` : i + 1]);
    return [
      by,
      this.#choice(w.encoders, numbers, at + 1, number => (this.encoders = number)),
      h('ol.groups', {}, all[at].groups.map(group => this.#group(group))),
      h('p.note', {}, say(w.worth, { v: write.whole(all[at].value) })),
    ];
  }

  #group(group) {
    const { w } = this,
      told = say(w.set_up_tasks, { tasks: group.map(taskName).join(this.words.units.between) });
    return h(
      'li',
      {},
      h('span.members', {}, group.map(task => h('span', belongs(task), who(task))), group.length === 1 && h('small', {}, w.alone)),
      h('button.plain', { type: 'button', 'aria-label': told, title: told, onclick: () => this.apply({ tasks: group }) }, w.set_up),
    );
  }

  #choice(title, options, chosen, choose) {
    return chips(title, options, chosen, value => {
      choose(value);
      redraw(this.node, title, () => this.#draw());
    });
  }

  #split() {
    const { w } = this,
      split = this.told?.split;
    if (!split || !tasksOf(this.run).length) return h('p.soft', {}, w.no_split);
    const { layers, depth } = split,
      whole = layers === depth;
    const cell = ([layer, cosine]) => {
      const node = h('td', {}, signed(cosine, 2));
      shade(node, cosine, strengthOf(cosine));
      return h('tr', {}, h('th', { scope: 'row' }, say(this.words.model.layer, { n: layer })), node);
    };
    return [
      h('p.soft', {}, say(whole ? w.share_all : w.share_to, { k: layers, d: depth })),
      h('table.matrix.layers', {}, h('tbody', {}, Object.entries(split.agreement).map(cell).reverse())),
      h('p.note', {}, w.split_note),
      h('button.plain', { type: 'button', onclick: () => this.apply({ layers, depth }) }, w.set_up_split),
    ];
  }
}
