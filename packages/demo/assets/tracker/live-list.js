// Keeps the list of recordings fresh: the server says that there is news, and the list is taken from a fresh page.
/* global console, CSS, document, DOMParser, EventSource, fetch */
const list = document.getElementById('recordings')
const announcement = document.getElementById('announcement')

async function refresh() {
  const response = await fetch('/')
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const fresh = page.getElementById('recordings')
  if (!response.ok || !fresh) return
  const known = new Set([...list.querySelectorAll('a')].map((link) => link.pathname))
  // Whoever has moved to a link by keyboard stays on it.
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute('href') : undefined
  list.replaceChildren(...fresh.childNodes)
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus()
  const arrived = [...list.querySelectorAll('tbody tr')].filter((row) => !known.has(row.querySelector('a').pathname))
  for (const row of arrived) row.classList.add('is-new')
  if (arrived.length > 0) announcement.textContent = `New recording: ${arrived[0].querySelector('a').textContent}`
}

const news = new EventSource('/news')
news.addEventListener('recording', () => refresh().catch(console.info))
// After a broken connection something may have been missed.
news.addEventListener('open', () => refresh().catch(console.info))
