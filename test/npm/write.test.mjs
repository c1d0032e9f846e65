// The unmodified supabase-js writes to the team example. Every test makes the rows it works on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as facts from './facts.mjs'
import { start } from './server.mjs'

let server, amara, chloe, guest, admin
const ann = facts.member('amara-okafor').user_id
const chloeId = facts.member('chloe-martin').user_id
const web = facts.projects.find((p) => p.key === 'WEB').id
const ux = facts.projects.find((p) => p.key === 'UX').id
const pay = facts.projects.find((p) => p.key === 'PAY').id
const nowhere = '00000000-0000-7000-8000-000000000000'

before(async () => {
  server = await start('team')
  amara = server.as(ann)
  chloe = server.as(chloeId)
  guest = server.as(facts.projectMembers.find((m) => m.project_id === web && m.role === 'guest')?.user_id ?? facts.member('peter-obrien').user_id)
  admin = server.as(facts.member('ines-duarte').user_id, '--claims', JSON.stringify({ team_role: 'admin' }))
})
after(() => server?.stop())

let numbers = 100_000
const ticket = (more) => ({ project_id: web, number: ++numbers, title: 'A new thing', ...more })

const ok = async (query, status) => {
  const answer = await query
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  if (status !== undefined) assert.equal(answer.status, status)
  return answer
}
const rowsOf = async (query, status) => (await ok(query, status)).data
const refused = async (query, status, code) => {
  const answer = await query
  assert.equal(answer.error?.code, code, JSON.stringify(answer))
  assert.equal(answer.status, status)
  assert.equal(answer.data, null)
  return answer.error
}
const made = (client, more) => rowsOf(client.from('tickets').insert(ticket(more)).select().single(), 201)
const stored = async (id, columns = '*') => rowsOf(server.service.from('tickets').select(columns).eq('id', id).maybeSingle())
const call = (path, { method = 'POST', as = ann, headers = {}, body }) =>
  fetch(`${server.url}/rest/v1/${path}`, {
    method,
    headers: { apikey: server.keys.publishable, ...(as && { Authorization: `Bearer ${server.token(as)}` }), 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

describe('insert', () => {
  test('one row, without asking for it', async () => {
    const row = ticket()
    const { data, status } = await ok(amara.from('tickets').insert(row))
    assert.deepEqual([status, data], [201, null])
    assert.equal(await rowsOf(amara.from('tickets').select('title').eq('number', row.number).single()).then((t) => t.title), row.title)
  })
  test('defaults, generated keys and the own identity come back', async () => {
    const row = await made(amara, { meta: { b: 1, aa: [1.50, null], a: 'x' }, estimate: '1.5', areas: ['search'] })
    assert.match(row.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.deepEqual([row.status, row.kind, row.priority, row.body, row.author_id], ['open', 'bug', 'normal', '', ann])
    assert.deepEqual([row.estimate, row.areas, row.meta], [1.5, ['search'], { a: 'x', b: 1, aa: [1.5, null] }])
    assert.ok(Math.abs(Date.now() - new Date(row.created_at)) < 60_000)
    assert.equal(row.updated_at, row.created_at)
    assert.ok(!('customer_ref' in row))
  })
  test('with the embeds of a read', async () => {
    const row = await rowsOf(amara.from('tickets').insert(ticket()).select('title,project:projects(key),author:members!author_id(handle),comments(count)').single(), 201)
    assert.deepEqual(row, { title: 'A new thing', project: { key: 'WEB' }, author: { handle: 'amara-okafor' }, comments: [{ count: 0 }] })
  })
  test('many rows, answered in their order', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ticket({ title: `number ${i}`, kind: 'chore' })).reverse()
    const { data, count, status } = await ok(amara.from('tickets').insert(rows, { count: 'exact' }).select('number,title'))
    assert.deepEqual([status, count], [201, 60])
    assert.deepEqual(data, rows.map(({ number, title }) => ({ number, title })))
  })
  test('numbers that the server gives', async () => {
    const rows = await rowsOf(admin.from('labels').insert([{ name: 'given-one', colour: '#000001' }, { name: 'given-two', colour: '#000002' }]).select('id,description'), 201)
    assert.ok(rows[0].id > facts.labels.length && rows[1].id > rows[0].id)
    const [set] = await rowsOf(admin.from('labels').insert({ id: 5000, name: 'set-by-hand', colour: '#000003' }).select('id'), 201)
    assert.equal(set.id, 5000)
    const [next] = await rowsOf(admin.from('labels').insert({ name: 'after-that', colour: '#000004' }).select('id'), 201)
    assert.equal(next.id, 5001)
  })
  test('a column that some rows lack is NULL, or its default with defaultToNull: false', async () => {
    const rows = () => [ticket({ body: 'here' }), ticket()]
    const filled = await rowsOf(amara.from('tickets').insert(rows(), { defaultToNull: false }).select('body,status'), 201)
    assert.deepEqual(filled, [{ body: 'here', status: 'open' }, { body: '', status: 'open' }])
    const nulls = await rowsOf(amara.from('tickets').insert(rows()).select('body'), 201)
    assert.deepEqual(nulls, [{ body: 'here' }, { body: null }])
    await refused(amara.from('tickets').insert([ticket({ status: 'doing' }), ticket()]), 400, '23502')
  })
  test('nothing at all', async () => {
    assert.deepEqual(await rowsOf(amara.from('tickets').insert([]).select('id'), 201), [])
  })
  test('as CSV', async () => {
    const [one, two] = [ticket({ title: 'a, "b"' }), ticket()]
    const text = await rowsOf(amara.from('tickets').insert([one, two]).select('number,title').csv(), 201)
    assert.deepEqual(text.trim().split('\n'), ['number,title', `${one.number},"a, ""b"""`, `${two.number},A new thing`])
  })
  test('maybeSingle on one row', async () => {
    assert.deepEqual(await rowsOf(amara.from('tickets').insert(ticket()).select('title').maybeSingle(), 201), { title: 'A new thing' })
  })
})

describe('upsert', () => {
  test('by the primary key: what is new is inserted, what is there is changed', async () => {
    const old = await made(amara, { body: 'kept' })
    const fresh = ticket({ id: crypto.randomUUID(), title: 'fresh' })
    const rows = await rowsOf(amara.from('tickets').upsert([{ ...fresh }, { id: old.id, project_id: web, number: old.number, title: 'changed' }]).select('id,title,body,status'), 201)
    assert.deepEqual(rows, [{ id: fresh.id, title: 'fresh', body: '', status: 'open' }, { id: old.id, title: 'changed', body: 'kept', status: 'open' }])
  })
  test('where nothing is new the answer is 200', async () => {
    const old = await made(amara)
    await ok(amara.from('tickets').upsert({ id: old.id, project_id: web, number: old.number, title: 'again' }).select('id'), 200)
  })
  test('by another constraint, with onConflict', async () => {
    const old = await made(amara)
    const [row] = await rowsOf(amara.from('tickets').upsert({ project_id: web, number: old.number, title: 'by number' }, { onConflict: 'project_id,number' }).select('id,title'), 200)
    assert.deepEqual(row, { id: old.id, title: 'by number' })
    await refused(amara.from('tickets').upsert(ticket(), { onConflict: 'title' }), 400, '42P10')
  })
  test('ignoreDuplicates leaves what is there, and does not answer with it', async () => {
    const old = await made(amara)
    const fresh = ticket({ title: 'only this' })
    const rows = await rowsOf(amara.from('tickets').upsert([{ project_id: web, number: old.number, title: 'not this' }, fresh], { onConflict: 'project_id,number', ignoreDuplicates: true }).select('title'), 201)
    assert.deepEqual(rows, [{ title: 'only this' }])
    assert.equal((await stored(old.id)).title, 'A new thing')
  })
  test('one key twice in a payload', async () => {
    const row = ticket()
    await refused(amara.from('tickets').upsert([row, row], { onConflict: 'project_id,number' }), 400, '21000')
  })
  test('a row that may be read but not changed', async () => {
    const hers = await made(amara)
    await refused(chloe.from('tickets').upsert({ id: hers.id, project_id: web, number: hers.number, title: 'mine now' }), 403, '42501')
    assert.equal((await stored(hers.id)).title, 'A new thing')
  })
  test('a row that may not be read conflicts without its values', async () => {
    const hidden = facts.tickets.find((t) => t.project_id === pay)
    const error = await refused(amara.from('tickets').upsert(ticket({ id: hidden.id })), 409, '23505')
    assert.ok(!JSON.stringify(error).includes(hidden.id))
  })
})

describe('update', () => {
  test('by a filter, without asking for rows', async () => {
    const row = await made(amara)
    const { data, status } = await ok(amara.from('tickets').update({ status: 'doing' }).eq('id', row.id))
    assert.deepEqual([status, data], [204, null])
    const now = await stored(row.id)
    assert.equal(now.status, 'doing')
    assert.ok(now.updated_at > row.updated_at)
  })
  test('with its rows and their embeds, and how many', async () => {
    const row = await made(amara)
    const { data, count } = await ok(amara.from('tickets').update({ assignee_id: chloeId }, { count: 'exact' }).eq('id', row.id).select('assignee(handle),project:projects(key)'), 200)
    assert.equal(count, 1)
    assert.deepEqual(data, [{ assignee: { handle: 'chloe-martin' }, project: { key: 'WEB' } }])
  })
  test('only rows that the caller may change are met', async () => {
    const [hers, mine] = [await made(amara, { kind: 'chore' }), await made(chloe)]
    const { data, count } = await ok(chloe.from('tickets').update({ priority: 'low' }, { count: 'exact' }).in('id', [hers.id, mine.id]).select('id'), 200)
    assert.deepEqual([data, count], [[{ id: mine.id }], 1])
    assert.equal((await stored(hers.id)).priority, 'normal')
  })
  test('none met is no error', async () => {
    assert.deepEqual(await rowsOf(amara.from('tickets').update({ priority: 'low' }).eq('id', nowhere).select('id'), 200), [])
    assert.equal(await rowsOf(amara.from('tickets').update({ priority: 'low' }).eq('id', nowhere).select('id').maybeSingle()), null)
  })
  test('single() on two rows keeps nothing', async () => {
    const both = [await made(amara), await made(amara)].map((t) => t.id)
    await refused(amara.from('tickets').update({ title: 'twice' }).in('id', both).select('id').single(), 406, 'PGRST116')
    for (const id of both) assert.equal((await stored(id)).title, 'A new thing')
  })
  test('maxAffected bounds it, and what is over keeps nothing', async () => {
    const both = [await made(amara), await made(amara)].map((t) => t.id)
    await refused(amara.from('tickets').update({ title: 'bounded' }).in('id', both).maxAffected(1), 400, 'PGRST124')
    for (const id of both) assert.equal((await stored(id)).title, 'A new thing')
    await ok(amara.from('tickets').update({ title: 'bounded' }).in('id', both).maxAffected(2), 204)
  })
  test('without a filter it is refused', async () => {
    await refused(amara.from('tickets').update({ title: 'everything' }), 400, '21000')
  })
  test('through a field of another collection', async () => {
    const row = await made(amara, { title: 'by its project' })
    const rows = await rowsOf(amara.from('tickets').update({ body: 'met' }).eq('title', 'by its project').eq('id', row.id).select('body,projects(key)').csv())
    assert.deepEqual(rows.trim().split('\n')[0], 'body,projects')
  })
})

describe('delete', () => {
  test('by a filter', async () => {
    const row = await made(amara)
    await ok(amara.from('tickets').delete().eq('id', row.id), 204)
    assert.equal(await stored(row.id), null)
  })
  test('with the rows as they were, their embeds and their number', async () => {
    const row = await made(amara)
    await ok(amara.from('comments').insert({ ticket_id: row.id, body: 'goes with it' }), 201)
    const { data, count } = await ok(amara.from('tickets').delete({ count: 'exact' }).eq('id', row.id).select('title,comments(body)').single(), 200)
    assert.equal(count, 1)
    assert.deepEqual(data, { title: 'A new thing', comments: [{ body: 'goes with it' }] })
    assert.equal((await ok(server.service.from('comments').select('*', { count: 'exact', head: true }).eq('ticket_id', row.id))).count, 0)
  })
  test('rows that the caller may not delete are not met', async () => {
    const row = await made(chloe)
    assert.deepEqual(await rowsOf(chloe.from('tickets').delete().eq('id', row.id).select(), 200), [])
    assert.ok(await stored(row.id))
  })
  test('maxAffected, single and a missing filter', async () => {
    const both = [await made(amara), await made(amara)].map((t) => t.id)
    await refused(amara.from('tickets').delete().in('id', both).maxAffected(1), 400, 'PGRST124')
    await refused(amara.from('tickets').delete().in('id', both).select('id').single(), 406, 'PGRST116')
    await refused(amara.from('tickets').delete(), 400, '21000')
    for (const id of both) assert.ok(await stored(id))
  })
})

describe('refusals', () => {
  test('a policy: 401 for nobody, 403 for somebody', async () => {
    await refused(server.anon.from('tickets').insert(ticket({ author_id: ann })), 401, '42501')
    await refused(server.anon.from('labels').insert({ name: 'nobodys', colour: '#000000' }), 401, '42501')
    await refused(guest.from('tickets').insert(ticket()), 403, '42501')
    await refused(chloe.from('labels').insert({ name: 'not-hers', colour: '#000000' }), 403, '42501')
  })
  test('a taken key names the constraint and no value', async () => {
    const row = await made(amara)
    const error = await refused(amara.from('tickets').insert(ticket({ number: row.number })), 409, '23505')
    assert.match(error.message, /duplicate key value violates unique constraint/)
    const hidden = facts.tickets.find((t) => t.project_id === pay)
    const other = await refused(amara.from('tickets').insert(ticket({ id: hidden.id })), 409, '23505')
    assert.ok(!JSON.stringify(other).includes(hidden.id))
  })
  test('every broken rule at once, each with its row and column', async () => {
    const answer = await call('tickets', { body: [ticket({ estimate: -1, title: '' }), ticket({ closed_at: '2026-01-01', estimate: 1, title: 'x' })].map((t) => ({ closed_at: null, ...t })) })
    assert.equal(answer.status, 400)
    const { code, violations } = await answer.json()
    assert.equal(code, '23514')
    assert.deepEqual(violations, [
      { row: 0, column: 'title', rule: 'min', limit: 1 },
      { row: 0, column: 'estimate', rule: 'min', limit: 0 },
      { row: 1, rule: 'check', limit: 'closed_means_done' },
    ])
  })
  test('NULL where a value is required', async () => {
    const error = await refused(amara.from('tickets').insert(ticket({ title: null })), 400, '23502')
    assert.match(error.message, /"title"/)
  })
  test('a reference to nothing', async () => {
    await refused(amara.from('tickets').insert(ticket({ assignee_id: nowhere })), 409, '23503')
    const row = await made(amara)
    await refused(amara.from('tickets').update({ assignee_id: nowhere }).eq('id', row.id), 409, '23503')
    await refused(admin.from('members').delete().eq('user_id', chloeId), 409, '23503')
  })
  test('a column that is not there, or not for the caller', async () => {
    await refused(amara.from('tickets').insert(ticket({ titel: 'x' })), 400, 'PGRST204')
    await refused(amara.from('tickets').insert(ticket({ customer_ref: 'C-1' })), 400, 'PGRST204')
    await refused(amara.from('tickets').insert(ticket({ created_at: '2020-01-01' })), 403, '42501')
  })
  test('a field that nobody writes, the service included', async () => {
    await refused(server.service.from('tickets').insert(ticket({ author_id: ann, created_at: '2020-01-01' })), 403, '42501')
  })
  test('a field may be written by who does not see it', async () => {
    const row = await made(chloe, { triage_note: 'for the lead' })
    assert.equal(row.triage_note, null)
    assert.equal((await rowsOf(amara.from('tickets').select('triage_note').eq('id', row.id).single())).triage_note, 'for the lead')
  })
  test('values of the wrong type, and an enum of other values', async () => {
    await refused(amara.from('tickets').insert(ticket({ number: 'seven' })), 400, '22P02')
    await refused(amara.from('tickets').insert(ticket({ status: 'lost' })), 400, '22P02')
  })
  test('one bad row of many keeps none', async () => {
    const rows = [ticket(), ticket(), ticket({ project_id: pay })]
    await refused(amara.from('tickets').insert(rows), 403, '42501')
    assert.deepEqual(await rowsOf(server.service.from('tickets').select('id').in('number', rows.map((r) => r.number))), [])
  })
})

describe('Idempotency-Key', () => {
  const once = (client, key, row) => client.from('tickets').insert(row).select('id').single().setHeader('Idempotency-Key', key)

  test('the same request again changes nothing and answers the same', async () => {
    const row = ticket()
    const first = await rowsOf(once(amara, 'a-form', row), 201)
    assert.deepEqual(await rowsOf(once(amara, 'a-form', row), 201), first)
    assert.equal((await ok(amara.from('tickets').select('*', { count: 'exact', head: true }).eq('number', row.number))).count, 1)
  })
  test('another body under the same key', async () => {
    await ok(once(amara, 'two-bodies', ticket()), 201)
    const { status } = await once(amara, 'two-bodies', ticket())
    assert.equal(status, 422)
  })
  test('each caller has keys of their own; nobody has none', async () => {
    await ok(once(amara, 'shared', ticket()), 201)
    await ok(once(chloe, 'shared', ticket()), 201)
    await refused(once(server.anon, 'shared', ticket()), 401, '42501')
  })
})

describe('rpc/transaction', () => {
  test('later steps use what earlier ones wrote', async () => {
    const answer = await call('rpc/transaction', {
      body: [
        { method: 'POST', path: 'tickets?select=id,title', prefer: 'return=representation', body: ticket({ title: 'with a comment' }) },
        { method: 'POST', path: 'comments?select=ticket_id,body', prefer: 'return=representation', body: { ticket_id: { $ref: '0.0.id' }, body: 'first' } },
        { method: 'PATCH', path: 'tickets?id=eq.{"$ref":"0.0.id"}', body: { status: 'doing' } },
      ],
    })
    assert.equal(answer.status, 200, await answer.clone().text())
    const [one, two, three] = await answer.json()
    assert.deepEqual([one.status, two.status, three.status], [201, 201, 204])
    assert.deepEqual(two.body, [{ ticket_id: one.body[0].id, body: 'first' }])
    assert.equal(three.body, null)
    assert.equal((await stored(one.body[0].id)).status, 'doing')
  })
  test('a step that fails is named, and nothing is kept', async () => {
    const row = ticket()
    const answer = await call('rpc/transaction', {
      body: [{ method: 'POST', path: 'tickets', body: row }, { method: 'POST', path: 'tickets', body: ticket({ project_id: pay }) }],
    })
    assert.equal(answer.status, 403)
    const error = await answer.json()
    assert.deepEqual([error.code, error.details], ['42501', 'step 1'])
    assert.deepEqual(await rowsOf(server.service.from('tickets').select('id').eq('number', row.number).eq('project_id', web)), [])
  })
  test('supabase-js calls it as a function', async () => {
    const rows = [ticket({ title: 'by rpc' }), ticket({ title: 'by rpc' })]
    const data = await rowsOf(amara.rpc('transaction', rows.map((body) => ({ method: 'POST', path: 'tickets', body }))), 200)
    assert.deepEqual(data.map((step) => step.status), [201, 201])
  })
})
