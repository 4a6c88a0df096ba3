/* Opens the tab that the address asks for: a tab is only made once it is opened, so it cannot do so itself. */

const ASKS = /[?&](race|compare)=[^&]/,
  TRIES = 600;

/* name: what stands on the tab. Gradio keeps the tabs of the page in its header. */
export function openAsked(name, tries = TRIES) {
  if (!ASKS.test(location.search)) return;
  const tabs = [...document.querySelectorAll('#pages > .tab-wrapper [role=tab]')],
    tab = tabs.find(node => node.textContent.trim() === name);
  if (tab) tab.click();
  else if (tries) requestAnimationFrame(() => openAsked(name, tries - 1));
}
