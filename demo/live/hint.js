/* What the chosen method does, in one sentence. Value: { note: 'sampling.capped' }; nothing where no note has this name, or it is the one to be silent about. */
import { h } from './dom.js';
import { block } from './bus.js';

export const mount = block(({ box, props, watch, words }) => {
  const line = h('p.hint', { 'aria-live': 'polite' });
  function draw() {
    line.textContent = props.value.note === props.silent ? '' : (words.notes[props.value.note] ?? '');
    line.hidden = !line.textContent;
  }
  box.replaceChildren(line);
  watch('value', draw);
  draw();
});
