/* How a signed number looks in a matrix: help is teal and flat, conflict amber and hatched, both deeper the stronger. */

export const WORDED = 0.1; // from here on a cosine is called a help or a conflict

/* strength: from 0, no colour, to 1, the full one. */
export function shade(cell, value, strength) {
  cell.className = value === null ? '' : value > 0 ? 'helps' : 'clashes';
  cell.style.setProperty('--k', Math.min(1, strength).toFixed(2));
}

/* The strength of a cosine: differences between small ones are to be seen. */
export const strengthOf = cosine => 2.2 * Math.abs(cosine ?? 0);

/* Why a run has no matrix, in the words w; null if it has one, or may get it. every: steps between measurements. */
export function missing(run, w, { measured, every, final }) {
  const { start } = run;
  if (measured) return null;
  if (!start) return w.nothing_yet;
  if (start.tasks.length < 2) return w.one_task;
  if (!shares(start)) return w.nothing_shared;
  if (every === 0) return w.off;
  return final ? w.never : w.nothing_yet;
}

/* Whether two tasks train the same parameters. */
const shares = ({ parts, parameters }) =>
  parts?.length ? parts.some(part => part.trainable && part.tasks.length > 1) : parameters?.shared !== 0;
