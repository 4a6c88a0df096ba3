/* Who gains by whom: short runs of each task alone and of every two, and the matrix that they make. */
import { duration, h, say } from './dom.js';
import { taskName } from './bus.js';
import { matrix } from './related.js';

export const gain = words => {
  const w = words.relations.gain;
  return {
    ask: 'pairs',
    words: w,
    moving: ({ count, missing, done }) => missing < count && done + missing < count,
    inside: (told, further) => [
      told.missing > 0 && told.estimate != null && h('p.soft', {}, say(w.estimate, { n: told.missing, k: told.steps, time: duration(words.units, told.estimate) })),
      told.missing > 0 && further.button(say(told.missing === told.count ? w.go : w.go_on, { n: told.missing }), w.starting),
      told.missing < told.count && told.done < told.count && progress(told),
      told.gain && matrix('gain', told.gain, { run: further.run, words, cost: say(w.cost, { n: told.done, k: told.steps }) }),
    ],
  };
  function progress({ done, count, now }) {
    const at = now?.max_steps && say(w.now, { tasks: now.tasks.map(taskName).join(words.units.between), a: now.step ?? 0, b: now.max_steps });
    return h('p.soft', { role: 'status' }, [say(w.progress, { n: done, m: count }), at].filter(Boolean).join(' · '));
  }
};
