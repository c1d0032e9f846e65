// Every request that docs/reading.md shows is answered.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { member } from './facts.mjs'
import { root, start } from './server.mjs'

let server
before(async () => {
  server = await start('team')
})
after(() => server?.stop())

const shown = readFileSync(join(root, 'docs/reading.md'), 'utf8')
  .split('\n')
  .filter((line) => /^ {4}[a-z_]+\?/.test(line))
  .map((line) => line.trim().split(/ {2,}/)[0])

test('the document shows requests', () => assert.ok(shown.length > 20, `${shown.length}`))

for (const request of shown) {
  test(request, async () => {
    const headers = { apikey: server.keys.publishable, Authorization: `Bearer ${server.token(member('amara-okafor').user_id)}` }
    const answer = await fetch(`${server.url}/rest/v1/${request}`, { headers })
    assert.equal(answer.status, 200, await answer.clone().text())
    assert.ok((await answer.json()).length > 0, 'an example ought to give rows')
  })
}
