/* The presets, one press each, and what to look for in the chosen one. Value: { chosen: name }.
   One that has a twin on data of the Hub, <name>_hub, shows a switch between the two. */
import { h } from './dom.js';
import { block, page } from './bus.js';

const HUB = '_hub';
const base = name => (name.endsWith(HUB) ? name.slice(0, -HUB.length) : name);

export const mount = block(({ box, props, trigger, watch, words }) => {
  const inputs = new Map(),
    look = h('p.look', { 'aria-live': 'polite' }),
    online = h('input', { type: 'checkbox', onchange: () => pick(base(props.value.chosen) + (online.checked ? HUB : '')) }),
    twin = h('label.twin', {}, online, h('span', {}, words.setup.on_hub));

  const option = name => {
    const input = h('input', { type: 'radio', name: 'preset', value: name, onclick: () => pick(name) });
    inputs.set(name, input);
    return h('label', {}, input, h('span', {}, words.presets[name]?.name ?? name));
  };
  /* A press on the chosen one fills the form anew: what was changed by hand is set back. */
  function pick(name) {
    const url = new URL(location.href);
    url.searchParams.set('preset', name);
    history.replaceState(history.state, '', url);
    props.value = { chosen: name };
    draw();
    trigger('pick');
  }
  function draw() {
    const name = props.value.chosen;
    for (const [key, input] of inputs) input.checked = key === base(name);
    online.checked = name.endsWith(HUB);
    twin.hidden = !page.presets.includes(base(name) + HUB);
    look.textContent = words.presets[name]?.look_for ?? '';
  }
  box.replaceChildren(
    h('div.choices', { role: 'radiogroup', 'aria-label': words.setup.preset }, page.presets.filter(name => name === base(name)).map(option)),
    look,
    twin,
  );
  watch('value', draw);
  draw();
});
