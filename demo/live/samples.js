/* What the tasks that write said about the same few rows, before training and now, beside what was wanted. */
import { fill, h, say } from './dom.js';
import { block, listen } from './bus.js';
import { belongs, who } from './signs.js';

export const mount = block(({ element, box, words }) => {
  const w = words.watch;
  let drawn = '';
  function task(name, all) {
    const said = all.filter(each => each.task === name),
      first = said.find(each => each.step === 0),
      last = said.at(-1);
    return h(
      'section.written',
      belongs(name),
      h('header', {}, who(name), h('span.soft', {}, say(w.at_step, { s: last.step }))),
      last.samples.map((each, i) => row(each, last === first ? null : first?.samples[i])),
    );
  }
  const line = (label, text, extra = '') => [h('dt', {}, label), h('dd' + extra, {}, text || '–')];
  const row = (now, before) =>
    h(
      'dl',
      {},
      line(w.sample_text, now.text),
      line(w.sample_target, now.target),
      before && line(w.columns[2], before.output, '.soft'),
      line(w.columns[3], now.output, '.now'),
    );

  listen(element, run => {
    const key = [run.id, run.samples.length].join();
    if (key === drawn) return;
    drawn = key;
    if (!run.samples.length) return fill(box, h('p.idle', {}, w.no_samples));
    const names = [...new Set(run.samples.map(each => each.task))];
    fill(
      box,
      names.map(name => task(name, run.samples)),
    );
  });
});
