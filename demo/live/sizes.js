/* How large a model is, and what a run has cost, in words. */
import { duration, memory, say } from './dom.js';

/* 22.9 M; two or three digits say enough. */
export function count(units, n) {
  const [size, unit] = [[1e9, units.billion], [1e6, units.million], [1e3, units.thousand]].find(([least]) => n >= least) ?? [1, '{n}'];
  const value = n / size;
  return say(unit, { n: size === 1 ? n : value.toFixed(value < 100 ? 1 : 0) });
}

/* "22.9 M parameters: 22.7 M shared, 150.2 k own": parameters is { total, shared, … } of a run or an estimate. */
export function sizes(words, { total, shared = 0 }) {
  const [n, common, own] = [total, shared, total - shared].map(each => count(words.units, each)),
    values = { n, shared: common, own };
  return say(shared ? words.model.sizes : words.model.sizes_own, values);
}

/* The same with the time and the memory of a run that has ended; nothing of a run that has not begun. */
export function costs(words, { start, end, selected }) {
  const { elapsed_s: seconds, peak_memory_bytes: bytes } = end ?? {};
  return [
    start?.parameters?.total && sizes(words, start.parameters),
    seconds != null && duration(words.units, seconds),
    bytes != null && memory(words.units, bytes),
    end && selected?.disk_bytes && say(words.watch.on_disk, { size: memory(words.units, selected.disk_bytes) }),
  ]
    .filter(Boolean)
    .join(' · ');
}
