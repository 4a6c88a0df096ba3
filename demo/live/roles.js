/* Which column is what: the kind, a column for each role, and the columns there are. */
import { h } from './dom.js';

const ROLES = {
  classification: ['text', 'text_pair', 'label'],
  multilabel: ['text', 'text_pair', 'label'],
  regression: ['text', 'text_pair', 'label'],
  tagging: ['tokens', 'label'],
  question_answering: ['text', 'text_pair', 'label'],
  generation: ['text', 'label'],
};
const NEEDED = new Set(['text', 'label', 'tokens']);
const optional = (kind, role) => !NEEDED.has(role) && kind !== 'question_answering';

export function rolesForm(words, inspection, draft, change) {
  const w = words.data,
    names = inspection.columns.map(column => column.name),
    kind = draft.kind ?? 'classification';
  const roleName = role => w.roles[`${kind}.${role}`] ?? w.roles[role] ?? role;

  const chooser = (id, label, value, options, pick) =>
    h(
      'label.typed',
      { for: id },
      h('span', {}, label),
      h(
        'select',
        { id, onchange: event => pick(event.target.value || null) },
        options.map(([key, shown]) => h('option', { value: key, selected: key === (value ?? '') }, shown)),
      ),
    );
  const column = role =>
    chooser(
      `role_${role}`,
      roleName(role),
      draft[role],
      [...(optional(kind, role) || !draft[role] ? [['', w.nothing]] : []), ...names.map(name => [name, name])],
      name => change(taken(draft, role, name), true),
    );
  const typed = (id, label, value, attributes, pick) =>
    h('label.typed', { for: id }, h('span', {}, label), h('input', { id, value: value ?? '', ...attributes, onchange: event => pick(event.target) }));
  const bound = part =>
    typed(`role_${part}`, w[part], draft[part], { type: 'number', step: 'any' }, input =>
      change({ [part]: input.value === '' ? null : input.valueAsNumber }),
    );

  return h(
    'div.roles',
    {},
    typed('role_name', w.name, draft.name, { type: 'text', maxlength: 60 }, input => change({ name: input.value })),
    chooser('role_kind', w.kind, kind, Object.entries(w.kinds), chosen => change(asKind(inspection, draft, chosen), true)),
    ROLES[kind].map(column),
    kind === 'regression' && ['low', 'high'].map(bound),
  );
}

/* A column has one role: whoever had it takes the other's in exchange. */
function taken(draft, role, name) {
  const part = { [role]: name };
  for (const other of ROLES[draft.kind ?? 'classification'])
    if (other !== role && name && draft[other] === name) part[other] = draft[role] ?? null;
  return { kind: draft.kind ?? 'classification', ...part };
}

/* The same columns for another kind, as far as they fit; what it needs besides is the next free column. */
function asKind(inspection, draft, kind) {
  const part = { kind, text_pair: null, tokens: null, text: draft.text, label: draft.label, scheme: undefined, options: {} },
    names = inspection.columns.map(column => column.name),
    typesOf = type => inspection.columns.filter(column => column.type === type).map(column => column.name);
  if (!names.includes(part.text)) part.text = null;
  if (kind === 'tagging') {
    part.tokens = draft.tokens ?? typesOf('words').find(name => name !== part.label) ?? part.text;
    part.text = null;
  }
  for (const role of ROLES[kind]) {
    if (optional(kind, role) || part[role]) continue;
    const used = ROLES[kind].map(other => part[other]);
    part[role] = names.find(name => !used.includes(name)) ?? null;
  }
  return part;
}

export function columnsTable(words, inspection) {
  const w = words.data;
  const row = column =>
    h(
      'tr',
      {},
      h('td', {}, h('b', {}, column.name)),
      h('td', {}, w.types[column.type] ?? column.type),
      h('td.r', {}, column.filled.toLocaleString(words.locale)),
      h('td.r', {}, column.different.toLocaleString(words.locale)),
      h('td.example', { title: column.example }, column.example),
    );
  return h(
    'details.columns',
    {},
    h('summary', {}, `${w.columns} · ${inspection.columns.length}`),
    h(
      'div.scrolls',
      { tabindex: 0, role: 'region', 'aria-label': w.columns },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, [w.column, w.column_type, w.column_filled, w.column_different, w.column_example].map((title, i) => h(i === 2 || i === 3 ? 'th.r' : 'th', { scope: 'col' }, title)))),
        h('tbody', {}, inspection.columns.map(row)),
      ),
    ),
  );
}
