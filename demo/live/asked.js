/* Opens the tab of the page that is asked for, by the address or by a button: a tab is only made once it is opened. */

const ASKS = /[?&](race|compare)=[^&]/,
  TRIES = 600;

export function openAsked(name) {
  if (ASKS.test(location.search)) openTab(name);
}

/* name: what stands on the tab. Gradio keeps the tabs of the page in its header, and makes them late. */
export function openTab(name, tries = TRIES) {
  const tabs = [...document.querySelectorAll('#pages > .tab-wrapper [role=tab]')],
    tab = tabs.find(node => node.textContent.trim() === name);
  if (tab) tab.click();
  else if (tries) requestAnimationFrame(() => openTab(name, tries - 1));
}
