/* From what a model is made of to the rows of its picture, from the heads down to the embeddings. */

const BESIDE = new Set(['adapter', 'gate']), // drawn small, at the side of what they belong to
  MOST = 11; // more rows are grouped where neighbours are alike

/* parts: [{ level, kind, tasks, parameters, trainable }] from the bottom up; measured: levels that have a gradient norm.
   A row: { levels, main, beside, stitched, frozen, shared }. */
export function rowsOf(parts, measured = []) {
  const levels = new Map();
  const at = name => levels.get(name) ?? levels.set(name, { levels: [name], main: [], beside: [], stitched: false }).get(name);
  for (const part of parts) {
    const row = at(part.level);
    if (part.kind === 'stitch') row.stitched = true;
    else row[BESIDE.has(part.kind) ? 'beside' : 'main'].push(part);
  }
  const heads = levels.get('head');
  levels.delete('head');
  for (const name of measured) at(name);
  const rows = [...levels.values(), ...(heads ? [heads] : [])];
  return (rows.length > MOST ? grouped(rows) : rows).map(described).reverse();
}

const isLayer = row => /^\d+$/.test(row.levels[0]);

/* Layers that follow each other and are made alike become one row. */
function grouped(rows) {
  const found = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last && isLayer(row) && isLayer(last) && alike(row) === alike(last)) last.levels.push(row.levels[0]);
    else found.push({ ...row, levels: [...row.levels] });
  }
  return found;
}

const alike = ({ main, beside, stitched }) =>
  JSON.stringify([stitched, [...main, ...beside].map(({ kind, tasks, trainable }) => [kind, tasks, trainable])]);

const described = row => ({
  ...row,
  frozen: row.main.length > 0 && row.main.every(part => !part.trainable),
  shared: row.main.some(part => part.tasks.length > 1),
});

/* Two models are drawn alike if they are made of the same. */
export const madeOf = parts =>
  JSON.stringify(parts.map(({ level, kind, tasks, parameters, trainable }) => [level, kind, tasks, parameters, trainable]));
