/* What the chosen method does, in one sentence. Value: { note: 'sampling.capped' }; nothing where no note has this name. */
import { h } from './dom.js';
import { block } from './bus.js';

export const mount = block(({ box, props, watch, words }) => {
  const line = h('p.hint', { 'aria-live': 'polite' });
  function draw() {
    line.textContent = words.notes[props.value.note] ?? '';
    line.hidden = !line.textContent;
  }
  box.replaceChildren(line);
  watch('value', draw);
  draw();
});
