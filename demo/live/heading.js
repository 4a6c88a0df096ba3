/* The title of a column. */
import { h } from './dom.js';
import { block } from './bus.js';

export const mount = block(({ box, props }) => {
  const { number, title } = props.value;
  box.replaceChildren(h('h2', {}, h('span.n', { 'aria-hidden': 'true' }, number), title));
});
