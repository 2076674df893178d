// The debug page of a site of several processes: whichever of them answers, it tells what holds there, and asks itself.
import { describe, expect, test } from '@jest/globals'
import { startClusteredSite, type ClusteredSettings } from '../../support/clustered-site.js'
import { eventually } from '../../support/eventually.js'
import { ask } from '../support/http-client.js'
import { afterwards, createFolder } from '../support/site.js'
import { DEBUG, type ShownReport } from './debug-site.js'

/** What each of two workers reports, of the front page and of another one. */
async function reportsOf(settings: ClusteredSettings): Promise<readonly ShownReport[]> {
  const site = await startClusteredSite(settings)
  afterwards(() => site.stop())
  const reports = new Map<unknown, ShownReport>()
  await eventually('both workers have answered', async () => {
    const { headers, text } = await ask(site.port, `${DEBUG}/status.json?path=/account`)
    reports.set(headers['x-worker'], JSON.parse(text) as ShownReport)
    return reports.size === 2
  })
  return [...reports.values()]
}

const wrongIn = ({ verdicts }: ShownReport) =>
  verdicts.filter(({ level }) => level === 'fault' || level === 'warning').map(({ word }) => word)

describe('in a cluster of two workers', () => {
  test('a memory provider is found not to be shared, by each of them', async () => {
    for (const report of await reportsOf({})) expect(wrongIn(report)).toEqual(['store-not-shared'])
  })

  test('nothing is wrong with a store that they share, and neither takes the other one for itself', async () => {
    const cacheProvider = `file:${await createFolder()}`
    for (const report of await reportsOf({ cacheProvider })) {
      expect(wrongIn(report)).toEqual([])
      expect(report.events.counts).toEqual({})
    }
  })
})
