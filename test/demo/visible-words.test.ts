// How Replay desk tells whether two copies of a page say the same.
import { describe, expect, test } from '@jest/globals'
import { compareWords, visibleWords } from '../../packages/demo/src/tracker/visible-words.js'

describe('The words of a page', () => {
  test('are what a reader sees: no scripts, styles, titles, comments or tags', () => {
    const page =
      '<title>T</title><style>s{}</style><script>var a = "<p>no</p>"</script><!-- <b>no</b> --><p class="x">A&amp;B<br>c</p>'
    expect(visibleWords(page)).toEqual(['A&B', 'c'])
  })

  test('are the same however a browser writes the markup', () => {
    const produced = '<!doctype html><p>It&#39;s &euro;5 &amp; more<br />'
    const snapshot = "<!doctype html>\n<html><head></head><body><p>It's &euro;5 &amp; more<br></p></body></html>"
    expect(compareWords(produced, snapshot)).toEqual({ same: true, onlyFirst: [], onlySecond: [] })
  })

  test('are found in one pass, even where nothing is ever closed', () => {
    for (const opening of ['<a', '<script>', '<!--', '<', '&#']) {
      const hostile = `<p>seen</p>${opening.repeat(100_000)}`
      expect(visibleWords(hostile)[0]).toBe('seen')
    }
  })

  test('are named where they differ, without their punctuation', () => {
    expect(compareWords('<p>Hello, Mira!</p>', '<p>Hello, stranger.</p>')).toEqual({
      same: false,
      onlyFirst: ['Mira'],
      onlySecond: ['stranger'],
    })
  })
})
