// The tables of everything that is not requests per second.
import { formatDifference, formatRatio, paragraphs, signed, table } from './report.mjs'

export function renderFirstByte({ requests, variants }) {
  const rows = Object.entries(variants).map(([name, { firstByteMs, extraMs }]) => [
    name,
    firstByteMs.toFixed(2),
    extraMs === undefined ? '' : formatDifference(extraMs, 2),
  ])
  return paragraphs(
    table(['filter', 'first byte, ms', 'difference, ms'], rows),
    `Time to the first byte of a page whose handler writes the head, waits 50 ms, and writes the rest. Differences are to bare Express: median of ${requests} pairs of requests (lowest to highest pair).`,
  )
}

export function renderEventLoop({ pages, rounds, cases }) {
  const rows = cases.flatMap(({ label, variants }) =>
    Object.entries(variants).map(([name, { bareMs, pauseMs, extraMs, typicalExtraMs }]) => [
      label,
      name,
      bareMs.toFixed(1),
      pauseMs.toFixed(1),
      formatDifference(extraMs, 1),
      formatDifference(typicalExtraMs, 1),
    ]),
  )
  return paragraphs(
    table(
      ['response', 'filter', 'bare Express, ms', 'longest pause, ms', 'difference, ms', 'of a typical page, ms'],
      rows,
    ),
    `The longest time for which the event loop stands still while ${pages} pages pass one after the other, and the difference that one of them makes. With \`facsimile\` such a page is longer than \`maxPageBytes\` and not stored; with \`capture to 16 MiB\` it is. Median of ${rounds} pairs of fresh processes (lowest to highest pair).`,
  )
}

export function renderMemory({ rounds, variants }) {
  const rows = Object.entries(variants).map(([name, { peakMegabytes, extraMegabytes, extraAtStartMegabytes }]) => [
    name,
    peakMegabytes.toFixed(1),
    extraMegabytes === undefined ? '' : formatDifference(extraMegabytes, 1),
    extraAtStartMegabytes === undefined ? '' : formatDifference(extraAtStartMegabytes, 1),
  ])
  return paragraphs(
    table(['filter', 'peak memory, MB', 'difference, MB', 'of it before the page, MB'], rows),
    `Peak resident memory of a process that streams a page of 20 MB several times, and how much of the difference was there before the first of them: the filter's own code. Differences are to bare Express: median of ${rounds} pairs of fresh processes (lowest to highest pair).`,
  )
}

export function renderFetch({ rounds, cases }) {
  const rows = cases.map(({ mode, kibibytes, bareFetchesPerSecond, summary: { requests, cpu, extraCpuMicros } }) => [
    `${kibibytes} KB page, fetched ${mode}`,
    String(Math.round(bareFetchesPerSecond)),
    formatRatio(requests),
    `${cpu.median.toFixed(2)} (${signed(extraCpuMicros, 0)} µs)`,
  ])
  return paragraphs(
    table(['fetch', 'bare route, pages/s', 'fetch path', 'CPU'], rows),
    `Fetches per second as a ratio to an Express route that asks the same memory provider and sends the same bytes with the same headers, but looks at no address and computes no digest. \`once\`: each page is taken. \`again\`: one page is fetched again and again, with \`deleteAfterPull: false\`. 16 connections of a client in Node; median of ${rounds} pairs of windows (lowest to highest pair).`,
  )
}
