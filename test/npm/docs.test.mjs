// What the documents show is true: every request of docs/reading.md and docs/writing.md, and the code in README.md.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { member } from './facts.mjs'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'
import { root, start } from './server.mjs'

let server
before(async () => {
  server = await start('team')
})
after(() => server?.stop())

const text = (name) => readFileSync(join(root, name), 'utf8')
const actor = () => ({ apikey: server.keys.publishable, Authorization: `Bearer ${server.token(member('amara-okafor').user_id)}` })

const shown = text('docs/reading.md').split('\n')
  .filter((line) => /^ {4}[a-z_]+\?/.test(line))
  .map((line) => line.trim().split(/ {2,}/)[0])

test('docs/reading.md shows requests', () => assert.ok(shown.length > 20, `${shown.length}`))

for (const request of shown) {
  test(request, async () => {
    const answer = await fetch(`${server.url}/rest/v1/${request}`, { headers: actor() })
    assert.equal(answer.status, 200, await answer.clone().text())
    assert.ok((await answer.json()).length > 0, 'an example ought to give rows')
  })
}

// An example of docs/writing.md: METHOD path, headers, body, → status and perhaps JSON.
const example = (lines) => {
  const [method, path] = lines[0].split(' ')
  const at = lines.findIndex((line, i) => i > 0 && !/^[A-Z][A-Za-z-]+: /.test(line))
  const [, status, body] = lines.at(-1).match(/^→ (\d+) ?(.*)$/)
  return {
    method, path, status: Number(status), want: body && JSON.parse(body), sent: lines.slice(at, -1).join('\n'),
    headers: Object.fromEntries(lines.slice(1, at).map((line) => line.split(/: (.*)/, 2))),
  }
}
const written = [...text('docs/writing.md').matchAll(/(?:^ {4}\S.*\n)(?:^ {4}.*\n)*/gm)]
  .map(([block]) => block.trimEnd().split('\n').map((line) => line.slice(4)))
  .filter(([first]) => /^(POST|PATCH|PUT|DELETE) /.test(first))
  .map(example)

test('docs/writing.md shows requests', () => assert.ok(written.length > 12, `${written.length}`))

for (const { method, path, headers, sent, status, want } of written) {
  test(`${method} ${path}`, async () => {
    const answer = await fetch(`${server.url}/rest/v1/${path}`, {
      method, headers: { ...actor(), ...(sent && { 'Content-Type': 'application/json' }), ...headers }, body: sent || undefined,
    })
    const got = await answer.text()
    assert.equal(answer.status, status, got)
    if (want) assert.deepEqual(JSON.parse(got), want)
  })
}

test('the code in README.md', async () => {
  const code = [...text('README.md').matchAll(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)].map(([block]) => block).filter((block) => /await socle/.test(block)).join('\n')
  const Code = (async () => {}).constructor
  const run = new Code('createClient', 'PUBLISHABLE_KEY', 'TOKEN', `${code.replace(/^ *import .*$/m, '')}; return { tickets: data, count, ticket, error }`)
  const client = (url, key, options) => createClient(server.url, key, { ...options, realtime: { transport: ws } })
  const { tickets, count, ticket, error } = await run(client, server.keys.publishable, server.token(member('amara-okafor').user_id))
  assert.ok(tickets.length === 30 && count > 30)
  assert.deepEqual([ticket.status, ticket.author.name], ['open', 'Amara Okafor'])
  assert.equal(error.code, '42501')
  const { data } = await server.service.from('tickets').select('status,comments(body)').eq('id', ticket.id).single()
  assert.deepEqual(data, { status: 'doing', comments: [{ body: 'Only in the evening.' }] })
})
