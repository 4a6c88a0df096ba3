/* The line at the top. It also hands the page's words and catalogue to all other blocks. */
import { h } from './dom.js';
import { introduce, isRecorded, listen, page } from './bus.js';
import { openAsked } from './asked.js';
import { ownTasks } from './own.js';

export function mount({ element, props }) {
  const { words, tasks, presets, languages, device, shared } = props.value,
    header = words.header;
  document.title = header.title;
  const here = href => {
    const query = new URLSearchParams(location.search);
    query.delete('lang');
    return href + (query.toString() && '?' + query);
  };
  const badge = h('span.badge', { hidden: true });
  // The address changes with the run, so the link to the other language is made when it is used.
  const link = ({ lang, locale, name, href }) =>
    lang === words.lang
      ? h('b', { 'aria-current': 'true', lang: locale }, name)
      : h(
          'a',
          {
            lang: locale,
            href: here(href),
            onclick: event => {
              event.currentTarget.href = here(href);
            },
          },
          name,
        );
  element.firstElementChild.replaceChildren(
    h('div.brand', {}, h('h1', {}, header.title), h('p', {}, header.promise)),
    h('div.aside', {}, badge, h('nav.lang', { 'aria-label': header.languages }, languages.map(link))),
  );
  openAsked(words.compare.tab);
  introduce({ words, tasks: [...tasks, ...ownTasks()], presets, shared, device });
  listen(element, run => {
    // A recorded run was trained elsewhere, and says so itself; this machine is known once an estimate has been made.
    const status = (!isRecorded(run) && run.status) || {},
      kind = status.device?.toUpperCase(),
      name = status.device_name || kind || page.device;
    badge.hidden = !name;
    badge.replaceChildren(
      h('i', { 'aria-hidden': 'true' }),
      h('span.full', {}, name ?? ''),
      h('span.brief', {}, kind ?? name ?? ''),
    );
    badge.title = name ?? '';
  });
}
