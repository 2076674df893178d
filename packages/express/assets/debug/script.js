// Makes the debug page live: events as they happen, the two clocks compared, and the round trip with its times. All of it
// is there without a script too, but for the clocks.
/* global AbortSignal, clearTimeout, console, document, EventSource, fetch, performance, setTimeout */
const debugPath = document.documentElement.dataset.debugPath
const REQUEST_MS = 8000
/** A burst of events is one look at the server. */
const CALM_MS = 400
const CLOCK_TOLERANCE_MS = 5000

const ask = (url, options) => fetch(url, { signal: AbortSignal.timeout(REQUEST_MS), ...options })

function followEvents() {
  const status = document.getElementById('live-status')
  const live = document.getElementById('live')
  if (status === null || live === null) return
  let timer

  async function refresh() {
    const response = await ask(`${debugPath}/live`)
    // Whoever reads a table by keyboard stays where they are: the fresh one comes when they have left it.
    if (!response.ok || live.contains(document.activeElement)) return
    live.innerHTML = await response.text()
  }

  const news = new EventSource(`${debugPath}/events`)
  news.addEventListener('open', () => {
    status.textContent = 'Live: what happens is shown at once.'
    status.classList.add('is-live')
  })
  news.addEventListener('message', ({ data }) => {
    const { what, word, detail } = JSON.parse(data)
    status.textContent = [what, word, detail].filter(Boolean).join(': ')
    clearTimeout(timer)
    timer = setTimeout(() => refresh().catch(console.info), CALM_MS)
  })
  news.addEventListener('error', () => {
    status.classList.remove('is-live')
    status.textContent =
      news.readyState === EventSource.CLOSED
        ? 'Not live: load the page again to see what has happened since.'
        : 'The connection is lost; it is tried again.'
  })
}

/** The server's time lies between question and answer: only what is beyond both counts. */
async function compareClocks() {
  const notice = document.getElementById('clock-wrong')
  if (notice === null) return
  const askedAt = Date.now()
  const serverAt = Number(await (await ask(`${debugPath}/clock`)).text())
  const answeredAt = Date.now()
  const ahead = serverAt > answeredAt ? serverAt - answeredAt : Math.min(0, serverAt - askedAt)
  if (!(Math.abs(ahead) > CLOCK_TOLERANCE_MS)) return
  const seconds = Math.round(Math.abs(ahead) / 1000).toLocaleString('en-GB')
  notice.querySelector('.detail').textContent =
    `The server's clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} the one of this browser.`
  notice.hidden = false
}

function offerRoundTrip() {
  const form = document.getElementById('round-trip-form')
  const result = document.getElementById('round-trip-result')
  if (form === null || result === null) return
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const button = form.querySelector('button')
    button.disabled = true
    roundTrip(form.action)
      .catch((error) => [['fault', `It failed: ${error.message}`]])
      .then((lines) => result.replaceChildren(listOf(lines)))
      .finally(() => (button.disabled = false))
  })
}

/** Each step with its outcome. */
async function roundTrip(action) {
  const started = await ask(action, { method: 'POST', headers: { Accept: 'application/json' } })
  if (!started.ok) return [['fault', `The server answered ${started.status}.`]]
  const trip = await started.json()
  if (trip.failure !== undefined) return [['fault', `Not stored: ${trip.failure}`]]
  const stored = ['fine', `Stored in ${trip.storedMs.toFixed(1)} ms.`]
  const startedAt = performance.now()
  const first = await ask(trip.path)
  const text = await first.text()
  const ms = (performance.now() - startedAt).toFixed(1)
  const isRight = first.status === 200 && text.includes(trip.text)
  const fetched = isRight
    ? ['fine', `Fetched in ${ms} ms, and it is the page that was stored.`]
    : ['fault', `The fetch answered ${first.status} in ${ms} ms, and not with the page that was stored.`]
  const second = await ask(trip.path)
  const again =
    second.status === 404
      ? ['fine', 'Asked again, the answer is 404: the page was handed over once.']
      : ['warning', `Asked again, the answer is ${second.status}: pages stay while deleteAfterPull is false.`]
  return [stored, fetched, again]
}

function listOf(lines) {
  const words = { fine: '✓ Fine', warning: '! Warning', fault: '✕ Fault' }
  const list = document.createElement('ol')
  list.className = 'verdicts'
  for (const [level, text] of lines) {
    const item = document.createElement('li')
    item.className = `verdict is-${level}`
    const chip = document.createElement('span')
    chip.className = `chip is-${level}`
    chip.textContent = words[level]
    item.append(chip, ` ${text}`)
    list.append(item)
  }
  return list
}

followEvents()
compareClocks().catch(console.info)
offerRoundTrip()
