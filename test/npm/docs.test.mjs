// What README.md shows is true.
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
