// The mail that `socle dev` keeps, in a real browser.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { home, open } from './accounts.mjs'
import { launch } from './browser.mjs'

const browser = await launch()
const skip = browser === undefined && 'no Chromium on this machine'

describe('the inbox of socle dev', { skip }, () => {
  let site
  before(async () => {
    site = await open()
  })
  after(async () => {
    await site?.stop()
    await browser?.close()
  })

  // seen is how light what stands in a frame is: text cannot be read that has the lightness of what is behind it.
  const seen = (element) => {
    const lightness = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, n) => sum + Number(n), 0)
    let behind = element
    while (behind.parentElement && /, 0\)$|transparent/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement
    const { width, height } = element.getBoundingClientRect()
    return { width, height, contrast: Math.abs(lightness(getComputedStyle(element).color) - lightness(getComputedStyle(behind).backgroundColor)) }
  }

  for (const colorScheme of ['light', 'dark']) {
    test(`a message is shown as its reader would see it, ${colorScheme}`, async () => {
      const email = `${colorScheme}@people.test`
      const { error } = await site.browser().auth.signUp({ email, password: 'correct horse battery', options: { emailRedirectTo: home } })
      assert.equal(error, null)
      const { link, code } = await site.mail(email, 'confirmation')

      const context = await browser.newContext({ colorScheme })
      const page = await context.newPage()
      await page.goto(`${site.url}/_inbox`)
      await page.locator('tr', { hasText: email }).getByRole('link').click()
      assert.equal(await page.locator('#link').getAttribute('href'), link)
      assert.equal(await page.locator('#code').innerText(), code)

      const frame = page.frameLocator('iframe')
      for (const part of [frame.getByText('Hello,'), frame.getByText(code), frame.getByRole('link').first()]) {
        const { width, height, contrast } = await part.evaluate(seen)
        assert.ok(width > 20 && height > 10 && contrast > 200, `${await part.innerText()}: ${width} × ${height}, contrast ${contrast}`)
      }
      assert.ok((await page.locator('iframe').boundingBox()).height > 300)

      // Its link opens beside the inbox.
      const followed = context.waitForEvent('request', { predicate: (request) => request.url() === link })
      const opened = context.waitForEvent('page')
      await frame.getByRole('link').first().click()
      await followed
      assert.notEqual(await opened, page)
      await context.close()
    })
  }
})
