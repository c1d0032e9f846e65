// The page of `socle dev` in a real browser, with scripts and without.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { launch } from './browser.mjs'
import { updates, projects, tickets } from './facts.mjs'
import { start } from './server.mjs'

const browser = await launch()
const skip = browser === undefined && 'no Chromium on this machine'

describe('the page of socle dev', { skip }, () => {
  let server
  before(async () => {
    server = await start('team', 'dev')
  })
  after(async () => {
    await server?.stop()
    await browser?.close()
  })

  for (const javaScriptEnabled of [true, false]) {
    test(`collections, rows and roles, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const context = await browser.newContext({ javaScriptEnabled })
      const page = await context.newPage()
      const complaints = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      const requests = []
      page.on('request', (request) => requests.push(request.url()))

      await page.goto(server.url)
      assert.match(await page.title(), /team-tickets/)
      assert.equal(await page.locator('#collections tbody tr').count(), 9)
      const row = page.locator('#collections tr', { hasText: 'open_tickets' })
      assert.match(await row.innerText(), /view.*read.*counts only the tickets the reader may see/is)

      // The style came through its policy.
      assert.equal(await page.locator('header').evaluate((e) => getComputedStyle(e).display), 'flex')

      await page.getByRole('navigation', { name: 'Collections' }).getByRole('link', { name: 'tickets', exact: true }).click()
      assert.match(await page.locator('#none').innerText(), /anon may read none/)
      assert.match(await page.locator('dl').innerText(), /m\.user_id == auth\.uid/)

      await page.getByRole('link', { name: 'service_role' }).click()
      assert.equal(await page.locator('#rows tbody tr').count(), Math.min(20, tickets.length))
      assert.match(await page.locator('#rows thead').innerText(), /customer_ref/)

      await page.getByRole('link', { name: 'anon' }).click()
      await page.getByRole('navigation', { name: 'Collections' }).getByRole('link', { name: 'status_updates' }).click()
      assert.equal(await page.locator('#rows tbody tr').count(), 20)

      // A request of one's own.
      await page.locator('#q').fill('status_updates?select=summary,project:projects(key)&order=created_at.desc&limit=1')
      await page.getByRole('button', { name: 'Ask as anon' }).click()
      const shown = JSON.parse(await page.locator('#answer pre').innerText())
      const open = new Map(projects.filter((p) => p.public).map((p) => [p.id, p.key]))
      const newest = updates.filter((u) => u.published && open.has(u.project_id)).sort((a, b) => (a.created_at < b.created_at ? 1 : -1))[0]
      assert.deepEqual(shown, [{ summary: newest.summary, project: { key: open.get(newest.project_id) } }])

      await page.getByRole('link', { name: 'Mail' }).click()
      assert.match(await page.locator('main').innerText(), /No mail yet/)

      assert.deepEqual(complaints, [])
      assert.ok(requests.every((url) => url.startsWith(server.url)), requests.join(' '))
      await context.close()
    })
  }

  test('a page of another site reads nothing of it', async () => {
    const page = await browser.newPage()
    await page.goto(`${server.url}/health`)
    const other = server.url.replace('127.0.0.1', 'localhost')
    const read = await page.evaluate(async (url) => fetch(url).then((r) => r.text(), String), `${other}/?c=tickets&as=service_role`)
    assert.doesNotMatch(read, /customer_ref/)
    await page.close()
  })
})
