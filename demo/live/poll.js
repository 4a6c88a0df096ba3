/* Asks the server for what is new in the run on screen, several times in two seconds, and only while somebody looks. */
import { isFinal, isLive, lose, run, take } from './bus.js';

const EVERY = 700,
  SLOW = 2000;
let busy = false,
  timer = null,
  ask = null;

export function follow(node, watch) {
  ask = watch;
  document.addEventListener('visibilitychange', wake);
  const tick = async () => {
    if (!node.isConnected) {
      document.removeEventListener('visibilitychange', wake);
      return;
    }
    const more = await look();
    clearTimeout(timer);
    timer = setTimeout(tick, more ? 0 : run.lost ? SLOW : EVERY);
  };
  tick();
}

export const wake = () => look();

/* One question to the server. True if it holds back more: the rest of a long run is then asked for at once. */
async function look() {
  if (busy || !run.id || document.visibilityState !== 'visible') return false;
  if (isFinal(run) && !run.unread) return false;
  busy = true;
  const current = run;
  try {
    return take(await ask({ run: current.id, cursor: current.cursor }));
  } catch {
    if (run === current && isLive(run)) lose();
    return false;
  } finally {
    busy = false;
  }
}
