/* The left column of the Compare tab: the race of a run against its tasks alone, and the runs to lay over one another.
   Value: { runs, most, seeds, started, refusal }, from demo/tabs/compare.py. */
import { duration, fill, h, say } from './dom.js';
import { block, run as current, taskName } from './bus.js';
import { answer, choice, choose, follow, fromAddress, hearken, isVisible, renew, toAddress, wake } from './contest.js';
import { brief } from './told.js';
import { visitor } from './visitor.js';

const NAMED = 3,
  SETTLE = 1500;

export const mount = block(({ element, box, props, server, trigger, watch, words }) => {
  const w = words.compare,
    race = h('div.fields'),
    stand = h('div.standing'),
    picks = h('section.picks');
  let asked = false,
    since = 0,
    pressed = false;
  box.replaceChildren(h('section.racing', {}, h('h2', {}, w.race), h('p.note', {}, w.race_note), race, stand), picks);

  const runs = () => props.value.runs ?? [];
  const mixed = () => runs().filter(run => run.tasks.length > 1 && !run.part);
  const names = tasks => {
    const listed = tasks.slice(0, NAMED).map(taskName).join(words.units.between);
    return tasks.length > NAMED ? say(w.more_tasks, { tasks: listed, n: tasks.length - NAMED }) : listed;
  };
  const title = run => (run.part && run.tasks.length === 1 ? say(w.alone, { task: names(run.tasks) }) : names(run.tasks));
  const when = run => new Date(run.created * 1000).toLocaleString(words.locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  const about = run =>
    [
      words.sharing[run.sharing] ?? run.sharing,
      words.balancers[run.balancer] ?? run.balancer,
      run.max_steps > 0 && say(w.steps, { n: run.max_steps }),
      say(w.seed, { n: run.seed }),
      words.phases[run.state] ?? run.state,
      when(run),
    ]
      .filter(Boolean)
      .join(' · ');

  /* ---- the race ---- */
  function press() {
    const now = performance.now();
    if (now - since < SETTLE || !choice.race) return;
    since = now;
    pressed = true;
    trigger('race', { visitor: visitor(), run: choice.race, seeds: choice.seeds });
    drawRace();
  }
  function drawRace() {
    renew(race, [props.value.runs, choice.race, choice.seeds], chooseRace);
    fill(stand, standing());
  }
  function chooseRace() {
    const options = mixed().map(run => h('option', { value: run.run_id, selected: run.run_id === choice.race }, `${names(run.tasks)} · ${when(run)}`));
    const elsewhere = choice.race && !mixed().some(run => run.run_id === choice.race);
    if (elsewhere) options.unshift(h('option', { value: choice.race, selected: true }, choice.race));
    if (!choice.race && options.length) options.unshift(h('option', { value: '', selected: true }, '–'));
    const which = h('select', { id: 'race_run', onchange: event => choose({ race: event.target.value || null, runs: [] }) }, options);
    const seeds = h(
      'select',
      { id: 'race_seeds', onchange: event => choose({ seeds: +event.target.value }) },
      props.value.seeds.map(n => h('option', { value: n, selected: n === choice.seeds }, n === 1 ? w.one_seed : say(w.some_seeds, { n }))),
    );
    if (!options.length) return [props.value.runs && h('p.idle', {}, w.nothing_to_race)];
    return [h('label.typed', {}, h('span', {}, w.run), which), h('label.typed', {}, h('span', {}, w.seeds), seeds)];
  }
  /* How the race stands, and the button. */
  function standing() {
    const entries = choice.race && !choice.runs.length ? answer?.entries : null;
    if (!entries) return null;
    const missing = entries.filter(entry => entry.missing).length,
      done = entries.filter(entry => entry.state === 'finished').length,
      now = entries.find(entry => entry.step != null && !entry.missing && entry.state !== 'finished' && entry.state !== 'queued');
    const label = !missing ? say(w.all_there, { n: entries.length }) : missing === entries.length - 1 && choice.seeds === 1 ? w.go : say(w.go_on, { n: missing });
    const { started, refusal } = props.value;
    return [
      missing > 0 && answer.estimate != null && h('p.soft', {}, say(w.estimate, { n: missing, time: duration(words.units, answer.estimate) })),
      missing > 0 && missing < entries.length - 1 && h('p.soft', {}, say(w.reused, { n: entries.length - missing, m: entries.length })),
      missing > 0
        ? h('button.main', { id: 'race_go', type: 'button', disabled: pressed, onclick: press }, label)
        : h('p.all', { role: 'status' }, label),
      done < entries.length && h('p.progress', { role: 'status' }, [say(w.progress, { done, all: entries.length }), now ? stateOf(now) : words.phases[waiting(entries)]].filter(Boolean).join(' · ')),
      done < entries.length && h('div.bar', {}, h('i', { style: { width: `${(100 * share(entries)).toFixed(1)}%` } })),
      started > 0 && !refusal && missing === 0 && done < entries.length && h('p.soft', { role: 'status' }, say(w.started, { n: started })),
      refusal && h('p.alert', { role: 'alert' }, brief(words, refusal)),
    ];
  }
  const waiting = entries => (entries.some(entry => entry.state === 'queued') ? 'queued' : '');
  const share = entries =>
    entries.reduce((sum, { state, step, max_steps: most }) => sum + (state === 'finished' ? 1 : most > 0 ? Math.min(1, step / most) : 0), 0) / entries.length;
  const stateOf = ({ task, seed, step, max_steps: most }) =>
    [task === null ? w.together : say(w.alone, { task: taskName(task) }), choice.seeds > 1 && say(w.seed, { n: seed }), most > 0 && say(words.watch.step_of, { a: step, b: most })]
      .filter(Boolean)
      .join(' · ');

  /* ---- the runs ---- */
  function toggle(id, on) {
    const chosen = choice.runs.filter(run => run !== id);
    if (on) chosen.push(id);
    choose({ runs: chosen.slice(-props.value.most) });
  }
  function line(run) {
    const on = choice.runs.includes(run.run_id);
    return h(
      'label.pick',
      {},
      h('input', { type: 'checkbox', checked: on, onchange: event => toggle(run.run_id, event.target.checked) }),
      h('span', {}, h('b', {}, title(run)), h('span.soft', {}, about(run))),
    );
  }
  function drawPicks() {
    renew(picks, [props.value.runs, choice.runs], () => [
      h('h2', {}, w.pick),
      h('p.note', {}, say(w.pick_note, { n: props.value.most })),
      runs().length ? h('div.list', {}, runs().map(line)) : props.value.runs && h('p.idle', {}, w.no_runs),
    ]);
  }
  function draw() {
    drawRace();
    drawPicks();
  }

  /* ---- arriving, and coming back ---- */
  function arrive() {
    pressed = false;
    if (!choice.race && !choice.runs.length && props.value.runs) {
      const own = mixed().find(run => run.run_id === current.id) ?? mixed()[0];
      if (own && isVisible()) choose({ race: own.run_id });
    }
    draw();
    wake();
  }
  function appear() {
    const visible = isVisible();
    toAddress(visible);
    wake();
    if (visible && !asked) trigger('show', { visitor: visitor() });
    asked = visible;
  }
  fromAddress(props.value.seeds);
  follow(element, server.look);
  hearken(element, draw);
  watch('value', arrive);
  new ResizeObserver(appear).observe(element);
});
