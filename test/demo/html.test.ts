// The template tag that writes every page of the demo.
import { describe, expect, test } from '@jest/globals'
import { html } from '../../packages/demo/src/html.js'

describe('The html template', () => {
  test('escapes what it is given', () => {
    expect(html`<p title="${'"\''}">${'<b>&'}</p>`.text).toBe('<p title="&quot;&#39;">&lt;b&gt;&amp;</p>')
  })

  test('leaves markup that it made itself', () => {
    expect(html`<p>${html`<b>${'<'}</b>`}</p>`.text).toBe('<p><b>&lt;</b></p>')
  })

  test('prints lists one after the other, and nothing for what is absent', () => {
    expect(html`${['<', html`<i></i>`, 0]}${undefined}${null}${false}`.text).toBe('&lt;<i></i>0')
  })

  test('does not take markup from an object that only looks like its own', () => {
    const forged = { text: '<script>', toString: () => '<script>' }
    expect(() => html`${forged as never}`.text).toThrow()
  })
})
