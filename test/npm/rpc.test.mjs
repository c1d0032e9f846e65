// The unmodified supabase-js calls declared functions.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as facts from './facts.mjs'
import { start } from './server.mjs'

let server, amara
const ann = facts.member('amara-okafor').user_id
const web = facts.projects.find((p) => p.key === 'WEB').id

before(async () => {
  server = await start('team')
  amara = server.as(ann)
})
after(() => server?.stop())

const ok = async (query) => {
  const answer = await query
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  return answer
}
const mine = facts.tickets.filter((t) => t.assignee_id === ann && t.status !== 'done')
const ids = (rows) => rows.map((r) => r.id).sort()

describe('functions that read', () => {
  test('by POST, with the caller as the default', async () => {
    const { data } = await ok(amara.rpc('my_work'))
    assert.ok(mine.length > 0)
    assert.deepEqual(ids(data), ids(mine))
    assert.deepEqual(Object.keys(data[0]), ['id', 'number', 'title', 'status', 'priority', 'due', 'project'])
  })
  test('by GET, with an argument', async () => {
    const until = mine.map((t) => t.due).filter(Boolean).sort()[0]
    const { data } = await ok(amara.rpc('my_work', { until }, { get: true }))
    assert.deepEqual(ids(data), ids(mine.filter((t) => !t.due || t.due <= until)))
  })
  test('filtered, ordered, paged and selected further', async () => {
    const { data, count } = await ok(amara.rpc('my_work', {}, { count: 'exact' }).neq('status', 'review').order('number', { ascending: false }).limit(1).select('number,project:projects(key),comments(count)'))
    const left = mine.filter((t) => t.status !== 'review')
    assert.equal(count, left.length)
    assert.equal(data.length, 1)
    assert.equal(data[0].number, Math.max(...left.map((t) => t.number)))
    assert.ok(data[0].comments[0].count >= 0)
  })
  test('head gives the count alone', async () => {
    const { data, count } = await ok(amara.rpc('my_work', {}, { head: true, count: 'exact' }))
    assert.deepEqual([data, count], [null, mine.length])
  })
  test('single', async () => {
    const { data } = await ok(amara.rpc('my_work').eq('id', mine[0].id).single())
    assert.equal(data.title, mine[0].title)
  })
  test('what the caller may not see has no name', async () => {
    const { error, status } = await amara.rpc('my_work').eq('customer_ref', 'x')
    assert.deepEqual([status, error.code, error.message], [400, '42703', 'column tickets.customer_ref does not exist'])
  })
  test('anonymous callers are refused', async () => {
    const { error, status } = await server.anon.rpc('my_work')
    assert.deepEqual([status, error.code, error.message], [401, '42501', 'permission denied for function my_work'])
  })
  test('a trusted one counts what the caller may not read, and nothing else', async () => {
    const { data } = await ok(server.anon.rpc('public_load'))
    assert.ok(data.length > 0)
    const open = (name) => facts.tickets.filter((t) => t.status !== 'done' && facts.projects.find((p) => p.id === t.project_id).name === name).length
    assert.deepEqual(data, data.map(({ project }) => ({ project, open: open(project) })))
    const { error } = await server.anon.rpc('public_load').gt('title', '')
    assert.equal(error.code, '42703')
  })
})

describe('functions that write', () => {
  test('all steps, or none', async () => {
    const bug = { project: web, number: 900_001, title: 'It blinks', comment: 'Since this morning.' }
    const { data } = await ok(amara.rpc('report_bug', bug))
    assert.deepEqual(data.map((s) => [s.status, s.body[0].title ?? s.body[0].body]), [[201, 'It blinks'], [201, 'Since this morning.']])
    const { error } = await amara.rpc('report_bug', { ...bug, number: 900_002, comment: '' })
    assert.equal(error.code, '23514')
    assert.match(error.details, /^step 1/)
    const { data: none } = await ok(amara.from('tickets').select('id').eq('number', 900_002))
    assert.deepEqual(none, [])
  })
  test('never by GET', async () => {
    const { error, status } = await amara.rpc('report_bug', { project: web }, { get: true })
    assert.deepEqual([status, error.code], [405, 'PGRST101'])
  })
  test('a missing argument is named', async () => {
    const { error, status } = await amara.rpc('report_bug', { project: web })
    assert.deepEqual([status, error.code, error.hint], [404, 'PGRST202', 'Perhaps you meant to call the function public.report_bug(project, number, title, comment)'])
  })
})
