/* Who sits here: a random name that this browser keeps, by which a shared machine knows whose run it is. */

const NAME = 'mtl-visitor',
  RUNS = 'mtl-runs',
  KEPT = 200;

/* Some browsers refuse storage (private windows, embedded pages): then the page remembers as long as it lives. */
const memory = new Map();
export function read(key) {
  try {
    return localStorage.getItem(key) ?? memory.get(key);
  } catch {
    return memory.get(key);
  }
}
export function write(key, value) {
  memory.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    /* remembered above */
  }
}

export function visitor() {
  if (!/^[0-9a-f]{32}$/.test(read(NAME) ?? '')) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    write(NAME, [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(''));
  }
  return read(NAME);
}

/* The runs that were started here. */
const runs = () => (read(RUNS) ?? '').split(' ');
export const isOwn = id => runs().includes(id);
export function remember(id) {
  if (!isOwn(id)) write(RUNS, [...runs(), id].slice(-KEPT).join(' ').trim());
}
