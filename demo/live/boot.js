/* Runs before the page is drawn: which language it is in, and where another one is asked for. */
{
  const url = new URL(location.href),
    wanted = url.searchParams.get('lang'),
    chinese = /\/zh\/?$/.test(url.pathname);
  if ((wanted === 'zh' && !chinese) || (wanted === 'en' && chinese)) {
    url.searchParams.delete('lang');
    url.pathname = chinese ? url.pathname.replace(/zh\/?$/, '') : url.pathname.replace(/\/?$/, '/zh');
    location.replace(url);
  }
  document.documentElement.lang = chinese ? 'zh-CN' : 'en';
}
