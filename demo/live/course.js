/* The cosine of a pair over the run, as a small picture: help above the zero line, conflict below it. */
import { h } from './dom.js';

const WIDE = 60,
  HIGH = 22,
  ZERO = HIGH / 2,
  POINTS = 100;

/* rows: [step, cosine or null]; scale: the cosine at the upper edge; steps: where the run ends. */
export function course(rows, { scale, steps }, told) {
  const points = thin(rows.filter(row => Number.isFinite(row[1]))).map(([step, cosine]) => [(step / steps) * WIDE, cosine]);
  const y = cosine => (ZERO - (cosine / scale) * (ZERO - 1)).toFixed(1);
  const along = keep => points.map(([x, cosine]) => `${x.toFixed(1)} ${y(keep(cosine))}`).join('L');
  const area = keep => (points.length ? `M${points[0][0].toFixed(1)} ${ZERO}L${along(keep)}L${points.at(-1)[0].toFixed(1)} ${ZERO}Z` : '');
  return h(
    'svg',
    { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': told },
    h('path.helps', { d: area(cosine => Math.max(0, cosine)) }),
    h('path.clashes', { d: area(cosine => Math.min(0, cosine)) }),
    h('path.zero', { d: `M0 ${ZERO}H${WIDE}` }),
    // A single point is drawn as a dot: a line of no length with round ends.
    h('path.spark', { d: points.length ? `M${along(cosine => cosine)}h0` : '' }),
  );
}

/* At most POINTS of the rows, the last one among them. */
function thin(rows) {
  const step = Math.ceil(rows.length / POINTS);
  return rows.filter((_, i) => (rows.length - 1 - i) % step === 0);
}
