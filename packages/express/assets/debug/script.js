// Makes the debug page live: events as they happen, the two clocks compared, and the round trip with its times. All of it
// is there without a script too, but for the clocks.
/* global AbortSignal, console, document, EventSource, fetch, performance, setTimeout */
const debugPath = document.documentElement.dataset.debugPath
const REQUEST_MS = 8000
/** Events of so long a time are one look at the server. */
const CALM_MS = 400
const CLOCK_TOLERANCE_MS = 5000

const ask = (url, options) => fetch(url, { signal: AbortSignal.timeout(REQUEST_MS), ...options })

function followEvents() {
  const status = document.getElementById('live-status')
  const live = document.getElementById('live')
  const pause = document.getElementById('live-pause')
  if (status === null || live === null || pause === null) return
  let isPaused = false
  /** Whether something has happened that is not shown yet. */
  let isStale = false
  let timer

  // Whoever reads a table by keyboard, or marks what they want to copy, keeps it as it is until they have left it.
  const isHeld = () => isPaused || live.contains(document.activeElement) || isSelectedIn(live)

  async function refresh() {
    if (isHeld()) return
    isStale = false
    const response = await ask(`${debugPath}/live`)
    const markup = await response.text()
    if (!response.ok) return
    if (isHeld()) isStale = true
    else live.innerHTML = markup
  }

  /** Where one event follows the other, each look at the server is a little after the last one. */
  function plan() {
    timer ??= setTimeout(() => {
      refresh()
        .catch(console.info)
        .finally(() => {
          timer = undefined
          if (isStale && !isHeld()) plan()
        })
    }, CALM_MS)
  }

  function catchUp() {
    if (isStale && !isHeld()) plan()
  }

  function show(text, isLive = status.classList.contains('is-live')) {
    status.classList.toggle('is-live', isLive)
    if (!isPaused) status.textContent = text
  }

  const news = new EventSource(`${debugPath}/events`)
  news.addEventListener('open', () => show('Live: what happens is shown at once.', true))
  news.addEventListener('message', ({ data }) => {
    const { what, word, detail } = JSON.parse(data)
    show([what, word, detail].filter(Boolean).join(': ').replaceAll('`', ''))
    isStale = true
    plan()
  })
  news.addEventListener('error', () => {
    const isOver = news.readyState === EventSource.CLOSED
    show(
      isOver
        ? 'Not live: load the page again to see what has happened since.'
        : 'The connection is lost; it is tried again.',
      false,
    )
  })
  live.addEventListener('focusout', () => setTimeout(catchUp))
  document.addEventListener('selectionchange', catchUp)
  pause.hidden = false
  pause.addEventListener('click', () => {
    isPaused = !isPaused
    pause.textContent = isPaused ? 'Go on' : 'Pause'
    status.textContent = isPaused ? 'Paused: what you see stays.' : 'Live again.'
    catchUp()
  })
}

function isSelectedIn(element) {
  const selection = document.getSelection()
  return selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode)
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

/** What a fetch that did not bring the page says. */
const REASONS = {
  200: 'It is another page: see that nothing else answers at the fetch path.',
  403: 'The fetcher refuses your address: see how it was found, further up.',
  404: 'The page is not there: where several processes answer, they need a store that they share.',
  503: 'The store did not answer in time: see the verdict on it.',
}
const AGAIN = { 200: 'Pages stay while deleteAfterPull is false.', 503: 'The store did not answer in time.' }

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
    : [
        'fault',
        `The fetch answered ${first.status} in ${ms} ms. ${REASONS[first.status] ?? 'That is not the fetcher.'}`,
      ]
  const second = await ask(trip.path)
  const again =
    second.status === 404
      ? ['fine', 'Asked again, the answer is 404: the page was handed over once.']
      : ['warning', `Asked again, the answer is ${second.status}. ${AGAIN[second.status] ?? ''}`]
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
