/* What a kind of task lets one set besides its columns: a form made from the options that the kind declares. */
import { h } from './dom.js';

/* Those that mean something for these columns. */
const optionsFor = (methods, draft) =>
  (methods[draft.kind ?? 'classification'] ?? []).filter(option => !option.needs || draft[option.needs]);

/* The values that were set of them. */
export function valuesFor(methods, draft) {
  const names = optionsFor(methods, draft).map(option => option.name);
  return Object.fromEntries(Object.entries(draft.options ?? {}).filter(([name]) => names.includes(name)));
}

/* `folded` remembers whether the form is open; `change` takes all values that differ from what they are by default. */
export function settingsForm(words, methods, draft, folded, change) {
  const kind = draft.kind ?? 'classification',
    shown = optionsFor(methods, draft);
  if (!shown.length) return null;
  const values = valuesFor(methods, draft);
  const set = (option, value) => {
    if (value === option.default) delete values[option.name];
    else values[option.name] = value;
    change(values);
  };
  const row = option => {
    const key = `${kind}.${option.name}`,
      id = `option_${option.name}`,
      value = values[option.name] ?? option.default;
    const control = CONTROLS[option.kind]({ id, 'aria-describedby': `${id}_note` }, option, value, words, chosen => set(option, chosen));
    return h(
      'label.typed' + (option.kind === 'switch' ? '.switch' : ''),
      { for: id },
      h('span', {}, words.options[key]),
      control,
      h('small', { id: `${id}_note` }, words.notes[`tasks.${key}`]),
    );
  };
  return h(
    'details.settings',
    { open: !folded.now, ontoggle: event => (folded.now = !event.target.open) },
    h('summary', {}, words.data.settings),
    h('div.options', {}, shown.map(row)),
  );
}

const CONTROLS = {
  choice: (attributes, option, value, words, pick) =>
    h(
      'select',
      { ...attributes, onchange: event => pick(event.target.value) },
      option.choices.map(choice => h('option', { value: choice, selected: choice === value }, words.metrics[choice] ?? choice)),
    ),
  switch: (attributes, option, value, words, pick) =>
    h('input', { ...attributes, type: 'checkbox', checked: value, onchange: event => pick(event.target.checked) }),
  text: (attributes, option, value, words, pick) =>
    h('input', { ...attributes, type: 'text', maxlength: 200, value, onchange: event => pick(event.target.value) }),
  number: (attributes, option, value, words, pick) => {
    const limits = { min: option.low, max: option.high, step: option.whole ? 1 : 'any' };
    return h('input', { ...attributes, ...limits, type: 'number', required: true, value, onchange: event => typedNumber(event.target, value, pick) });
  },
};

/* A number that the option may not take is put back, and the browser says why. */
function typedNumber(input, before, pick) {
  if (input.reportValidity()) pick(input.valueAsNumber);
  else input.value = before;
}
