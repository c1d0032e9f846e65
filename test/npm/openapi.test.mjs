// The OpenAPI document of a running server, as those who did not write it read it: a validator by the meta-schema, and a viewer in
// a browser.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { launch } from './browser.mjs'
import { member } from './facts.mjs'
import { start } from './server.mjs'

const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const methods = ['get', 'head', 'post', 'put', 'patch', 'delete']
const operations = (document) =>
  Object.entries(document.paths).flatMap(([path, item]) => methods.filter((m) => item[m]).map((m) => `${m.toUpperCase()} ${path}`))

// every pattern a schema says, at whatever depth
function* patterns(node) {
  if (node === null || typeof node !== 'object') return
  if (typeof node.pattern === 'string') yield node.pattern
  for (const child of Object.values(node)) yield* patterns(child)
}

describe('the OpenAPI document', () => {
  let server
  const roles = {}
  before(async () => {
    server = await start('team', 'dev')
    roles.anon = { apikey: server.keys.publishable }
    roles.authenticated = { apikey: server.keys.publishable, Authorization: `Bearer ${server.token(member('amara-okafor').user_id)}` }
    roles.service_role = { apikey: server.keys.secret }
  })
  after(() => server?.stop())

  const document = async (role) => {
    const answer = await fetch(`${server.url}/rest/v1/`, { headers: { ...roles[role], Accept: 'application/openapi+json' } })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/openapi+json; charset=utf-8')
    return answer.json()
  }

  for (const role of ['anon', 'authenticated', 'service_role']) {
    test(`${role}: the meta-schema of 3.1 accepts it`, async () => {
      const validator = new Validator()
      const said = await document(role)
      const verdict = await validator.validate(said)
      assert.ok(verdict.valid, JSON.stringify(verdict.errors))
      assert.equal(validator.version, '3.1')
      assert.ok(operations(said).length > 3)
      for (const pattern of patterns(said.components)) new RegExp(pattern, 'u')
    })
  }

  test('anon is shown less than a member, and a member less than the service', async () => {
    const [anon, user, service] = await Promise.all(['anon', 'authenticated', 'service_role'].map(document))
    assert.deepEqual(operations(anon).filter((o) => !operations(user).includes(o)), [])
    assert.deepEqual(operations(user).filter((o) => !operations(service).includes(o)), [])
    assert.deepEqual(operations(anon).filter((o) => !/ \/rpc\//.test(o)),
      ['labels', 'projects', 'status_updates'].flatMap((name) => [`GET /${name}`, `HEAD /${name}`]))
    assert.ok(!JSON.stringify(user).includes('customer_ref'))
    assert.ok('customer_ref' in service.components.schemas['tickets.Row'].properties)
  })

  test('a viewer on another page shows every operation', async (t) => {
    const browser = await launch()
    if (browser === undefined) return t.skip('no Chromium on this machine')
    const page = `<!doctype html><meta charset=utf-8><link rel=icon href=data:,><link rel=stylesheet href=swagger-ui.css><div id=ui></div><script src=swagger-ui-bundle.js></script><script>
      const headers = ${JSON.stringify(roles.service_role)}
      window.ui = SwaggerUIBundle({ url: ${JSON.stringify(`${server.url}/rest/v1/`)}, dom_id: '#ui', docExpansion: 'list', validatorUrl: null,
        requestInterceptor: (request) => { Object.assign(request.headers, headers); return request } })</script>`
    const host = createServer((request, answer) => {
      const name = request.url.slice(1)
      if (!/^swagger-ui[a-z-]*\.(js|css)$/.test(name)) return answer.setHeader('Content-Type', 'text/html; charset=utf-8').end(page)
      answer.setHeader('Content-Type', name.endsWith('.js') ? 'text/javascript' : 'text/css').end(readFileSync(join(viewer, name)))
    })
    await new Promise((listening) => host.listen(0, '127.0.0.1', listening))
    try {
      const tab = await browser.newPage()
      const complaints = []
      tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      tab.on('pageerror', (error) => complaints.push(String(error)))
      await tab.goto(`http://127.0.0.1:${host.address().port}/`)
      const wanted = operations(await document('service_role')).sort()
      await tab.waitForFunction((n) => document.querySelectorAll('.opblock').length === n, wanted.length, { timeout: 60_000 }).catch(async (late) => {
        throw new Error(`${await tab.locator('.opblock').count()} of ${wanted.length} operations\n${complaints.join('\n')}\n${await tab.locator('#ui').innerText()}`, { cause: late })
      })
      const shown = await tab.$$eval('.opblock', (blocks) => blocks.map((b) =>
        `${b.querySelector('.opblock-summary-method').textContent} ${b.querySelector('.opblock-summary-path').dataset.path}`))
      assert.deepEqual(shown.sort(), wanted)
      assert.match(await tab.locator('.info .title').innerText(), /team-tickets/)

      // One operation opens, with its filters and its rows.
      await tab.locator('#operations-tickets-read_tickets .opblock-summary-control').click()
      const opened = tab.locator('#operations-tickets-read_tickets .opblock-body')
      await opened.getByText('customer_ref', { exact: false }).first().waitFor()
      assert.equal(await tab.locator('.errors-wrapper').count(), 0)
      assert.deepEqual(complaints, [])
    } finally {
      await browser.close()
      host.close()
    }
  })
})
