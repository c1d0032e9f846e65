// The unmodified supabase-js reads the team example. Every expectation is computed from the seed files (facts.mjs).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as facts from './facts.mjs'
import { by, ids, stamp } from './facts.mjs'
import { start } from './server.mjs'

let server, amara, guest
const ann = facts.member('amara-okafor').user_id
const peter = facts.member('peter-obrien').user_id
const mine = facts.ticketsOf(ann)
const newest = [...mine].sort(by('-created_at', '-id'))

before(async () => {
  server = await start('team')
  amara = server.as(ann)
  guest = server.as(peter)
})
after(() => server?.stop())

const ok = async (query) => {
  const answer = await query
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  return answer
}
const rowsOf = async (query) => (await ok(query)).data

describe('who sees what', () => {
  test('anybody with the publishable key reads labels', async () => {
    const rows = await rowsOf(server.anon.from('labels').select('id,name,colour').order('name'))
    assert.deepEqual(rows, [...facts.labels].sort(by('name')).map(({ id, name, colour }) => ({ id, name, colour })))
  })
  test('anybody reads published updates of public projects', async () => {
    const open = new Set(facts.projects.filter((p) => p.public).map((p) => p.id))
    const want = facts.updates.filter((u) => u.published && open.has(u.project_id))
    const { data, count } = await ok(server.anon.from('status_updates').select('id', { count: 'exact' }).order('id'))
    assert.equal(count, want.length)
    assert.deepEqual(ids(data), ids(want.sort(by('id'))))
  })
  test('tickets are not there for anonymous visitors', async () => {
    const { data, count } = await ok(server.anon.from('tickets').select('*', { count: 'exact' }))
    assert.deepEqual(data, [])
    assert.equal(count, 0)
  })
  test('a member sees the tickets of their projects, and no other', async () => {
    const { data, count } = await ok(amara.from('tickets').select('id', { count: 'exact' }).order('id').limit(1000))
    assert.equal(count, mine.length)
    assert.deepEqual(ids(data), ids([...mine].sort(by('id')).slice(0, 1000)))
  })
  test('comments follow their tickets', async () => {
    const { data, count } = await ok(amara.from('comments').select('id', { count: 'exact' }).order('created_at').order('id').limit(100))
    const want = facts.commentsOf(ann)
    assert.equal(count, want.length)
    assert.deepEqual(ids(data), ids(want.sort(by('created_at', 'id')).slice(0, 100)))
  })
  test('a guest of several projects sees theirs', async () => {
    const { count } = await ok(guest.from('tickets').select('*', { count: 'exact', head: true }))
    assert.equal(count, facts.ticketsOf(peter).length)
  })
  test('the secret key sees everything, a thousand rows at a time', async () => {
    const { data, count } = await ok(server.service.from('comments').select('id', { count: 'exact' }).order('id'))
    assert.equal(count, facts.comments.length)
    assert.deepEqual(ids(data), ids([...facts.comments].sort(by('id')).slice(0, 1000)))
  })
  test('a field for the service alone does not exist for a member', async () => {
    const { error } = await amara.from('tickets').select('customer_ref')
    assert.equal(error.code, '42703')
    const [row] = await rowsOf(amara.from('tickets').select('*').limit(1))
    assert.ok(!('customer_ref' in row))
    const { error: filtered } = await amara.from('tickets').select('id').eq('customer_ref', 'C-00001')
    assert.equal(filtered.code, '42703')
    const { count } = await ok(server.service.from('tickets').select('*', { count: 'exact', head: true }).not('customer_ref', 'is', null))
    assert.equal(count, facts.tickets.filter((t) => t.customer_ref).length)
  })
  test('a field that depends on the row is null where it may not be read, in filters too', async () => {
    const led = new Set(facts.projects.filter((p) => p.lead_id === ann).map((p) => p.id))
    const want = mine.filter((t) => t.triage_note && led.has(t.project_id))
    assert.ok(want.length > 0 && want.length < mine.filter((t) => t.triage_note).length)
    const rows = await rowsOf(amara.from('tickets').select('id,triage_note').not('triage_note', 'is', null).order('id'))
    assert.deepEqual(rows, want.sort(by('id')).map(({ id, triage_note }) => ({ id, triage_note })))
    const phones = await rowsOf(amara.from('members').select('user_id,phone').not('phone', 'is', null))
    assert.deepEqual(phones, [{ user_id: ann, phone: facts.member('amara-okafor').phone }])
  })
  test('a claim opens what the policy ties to it', async () => {
    const admin = server.as(ann, '--claims', JSON.stringify({ team_role: 'admin' }))
    const { count } = await ok(admin.from('members').select('*', { count: 'exact', head: true }).not('phone', 'is', null))
    assert.equal(count, facts.members.length)
  })
})

describe('filters', () => {
  const filtered = (name, query, keep) =>
    test(name, async () => {
      const want = mine.filter(keep)
      assert.ok(want.length > 0, 'the expectation is empty')
      const { data, count } = await ok(query(amara.from('tickets').select('id', { count: 'exact' })).order('id').limit(1000))
      assert.equal(count, want.length)
      assert.deepEqual(ids(data), ids(want.sort(by('id')).slice(0, 1000)))
    })

  filtered('eq', (q) => q.eq('status', 'open'), (t) => t.status === 'open')
  filtered('neq', (q) => q.neq('kind', 'bug'), (t) => t.kind !== 'bug')
  filtered('in', (q) => q.in('priority', ['high', 'urgent']), (t) => ['high', 'urgent'].includes(t.priority))
  filtered('ilike', (q) => q.ilike('title', '%SEAT MAP%'), (t) => t.title.toLowerCase().includes('seat map'))
  filtered('like tells capitals apart', (q) => q.like('title', 'The %'), (t) => t.title.startsWith('The '))
  filtered('or', (q) => q.or('priority.eq.urgent,and(status.eq.open,kind.eq.feature)'),
    (t) => t.priority === 'urgent' || (t.status === 'open' && t.kind === 'feature'))
  filtered('not', (q) => q.not('status', 'in', '(open,done)'), (t) => !['open', 'done'].includes(t.status))
  filtered('is null', (q) => q.is('due', null), (t) => t.due === undefined)
  filtered('contains, on a list', (q) => q.contains('areas', ['checkout']), (t) => t.areas?.includes('checkout'))
  filtered('overlaps, on a list', (q) => q.overlaps('areas', ['checkout', 'search']), (t) => t.areas?.some((a) => ['checkout', 'search'].includes(a)))
  filtered('contains, on JSON', (q) => q.contains('meta', { browser: 'Chrome on Android' }), (t) => t.meta?.browser === 'Chrome on Android')
  filtered('a JSON path', (q) => q.eq('meta->>browser', 'Safari on macOS'), (t) => t.meta?.browser === 'Safari on macOS')
  filtered('numbers compare exactly', (q) => q.gte('estimate', 1.5), (t) => Number(t.estimate) >= 1.5)
  filtered('a range of dates', (q) => q.gte('due', '2026-01-01').lt('due', '2026-02-01'), (t) => t.due >= '2026-01-01' && t.due < '2026-02-01')
  filtered('timestamps', (q) => q.gt('created_at', '2026-06-01T00:00:00+02:00'), (t) => t.created_at > '2026-05-31T22:00:00Z')
  filtered('match', (q) => q.match({ status: 'done', kind: 'chore' }), (t) => t.status === 'done' && t.kind === 'chore')
  filtered('a filter through a relation', (q) => q.select('id,project:projects!inner(key)', { count: 'exact' }).eq('project.key', 'UX'),
    (t) => facts.projectOf(t).key === 'UX')
  filtered('full text on one field', (q) => q.textSearch('title', 'seat map', { type: 'plain', config: 'english' }),
    (t) => /\bseats?\b/i.test(t.title) && /\bmaps?\b/i.test(t.title))
  filtered('full text for the web', (q) => q.textSearch('title', '"date picker" or cookie', { type: 'websearch', config: 'english' }),
    (t) => /\bdate picker\b/i.test(t.title) || /\bcookies?\b/i.test(t.title))
})

describe('shape', () => {
  test('rows come in the order asked for, a page at a time, with the total', async () => {
    const { data, count, status } = await ok(amara.from('tickets').select('id,number,created_at', { count: 'exact' }).order('created_at', { ascending: false }).range(30, 59))
    assert.equal(status, 206)
    assert.equal(count, mine.length)
    assert.deepEqual(data, newest.slice(30, 60).map((t) => ({ id: t.id, number: t.number, created_at: stamp(t.created_at) })))
  })
  test('null comes last in ascending order and first in descending', async () => {
    const [first] = await rowsOf(amara.from('tickets').select('due').order('due').limit(1))
    assert.equal(first.due, mine.map((t) => t.due).filter(Boolean).sort()[0])
    const [last] = await rowsOf(amara.from('tickets').select('due').order('due', { ascending: false }).limit(1))
    assert.equal(last.due, null)
  })
  test('single gives one object, and complains about none', async () => {
    const want = newest[0]
    const row = await rowsOf(amara.from('tickets').select('title,estimate,areas').eq('id', want.id).single())
    assert.deepEqual(row, { title: want.title, estimate: want.estimate === undefined ? null : Number(want.estimate), areas: want.areas ?? null })
    const { error, status } = await amara.from('tickets').select().eq('id', '00000000-0000-7000-8000-000000000000').single()
    assert.equal(status, 406)
    assert.equal(error.code, 'PGRST116')
  })
  test('maybeSingle gives null for none', async () => {
    assert.equal(await rowsOf(amara.from('tickets').select().eq('number', 1_000_000).maybeSingle()), null)
    const [hidden] = facts.tickets.filter((t) => !mine.includes(t))
    assert.equal(await rowsOf(amara.from('tickets').select().eq('id', hidden.id).maybeSingle()), null)
  })
  test('csv', async () => {
    const text = await rowsOf(server.anon.from('labels').select('id,name').order('id').csv())
    assert.deepEqual(text.trim().split('\n'), ['id,name', ...facts.labels.map((l) => `${l.id},${l.name}`)])
  })
  test('aliases, casts and JSON paths', async () => {
    const want = [...mine].sort(by('id')).find((t) => t.meta && t.estimate)
    const row = await rowsOf(amara.from('tickets').select('no:number,days:estimate::text,meta->>browser,seen:meta->seen').eq('id', want.id).single())
    assert.deepEqual(row, { no: want.number, days: want.estimate, browser: want.meta.browser, seen: want.meta.seen })
  })
  test('a computed field', async () => {
    const today = new Date().toISOString().slice(0, 10)
    const want = mine.filter((t) => t.due && t.due < today && t.status !== 'done')
    const { count } = await ok(amara.from('tickets').select('*', { count: 'exact', head: true }).is('is_late', true))
    assert.equal(count, want.length)
  })
  test('aggregates', async () => {
    const rows = await rowsOf(amara.from('tickets').select('status,count(),estimate.sum()').order('status'))
    const want = [...new Set(mine.map((t) => t.status))].sort().map((status) => {
      const group = mine.filter((t) => t.status === status)
      return { status, count: group.length, sum: group.reduce((cents, t) => cents + Math.round(Number(t.estimate ?? 0) * 100), 0) / 100 }
    })
    assert.deepEqual(rows, want)
  })
})

describe('embeds', () => {
  test('to-one, by name and by foreign key', async () => {
    const rows = await rowsOf(amara.from('tickets').select('id,project:projects(key),author:members!tickets_author_id_fkey(name),assignee(name)').order('created_at', { ascending: false }).limit(30))
    assert.deepEqual(rows, newest.slice(0, 30).map((t) => ({
      id: t.id, project: { key: facts.projectOf(t).key }, author: { name: facts.named(t.author_id).name },
      assignee: t.assignee_id ? { name: facts.named(t.assignee_id).name } : null,
    })))
  })
  test('two ways to one collection ask for a hint', async () => {
    const { error, status } = await amara.from('tickets').select('id,members(name)')
    assert.equal(status, 300)
    assert.equal(error.code, 'PGRST201')
  })
  test('to-many, with its own order and limit', async () => {
    const rows = await rowsOf(amara.from('tickets').select('id,comments(id,body,author(name))').order('created_at', { ascending: false }).limit(20)
      .order('created_at', { referencedTable: 'comments', ascending: false }).limit(2, { referencedTable: 'comments' }))
    assert.deepEqual(rows, newest.slice(0, 20).map((t) => ({
      id: t.id,
      comments: facts.comments.filter((c) => c.ticket_id === t.id).sort(by('-created_at', '-id')).slice(0, 2)
        .map((c) => ({ id: c.id, body: c.body, author: { name: facts.named(c.author_id).name } })),
    })))
  })
  test('many-to-many, through the junction', async () => {
    const rows = await rowsOf(amara.from('tickets').select('id,labels(name)').order('created_at', { ascending: false }).limit(40).order('name', { referencedTable: 'labels' }))
    assert.deepEqual(rows, newest.slice(0, 40).map((t) => ({
      id: t.id,
      labels: facts.ticketLabels.filter((l) => l.ticket_id === t.id).map((l) => ({ name: facts.labels[l.label_id - 1].name })).sort(by('name')),
    })))
  })
  test('a declared relation', async () => {
    const row = await rowsOf(amara.from('projects').select('key,members(handle)').eq('key', 'WEB').order('handle', { referencedTable: 'members' }).single())
    const web = facts.projects.find((p) => p.key === 'WEB')
    const crew = facts.projectMembers.filter((m) => m.project_id === web.id).map((m) => ({ handle: facts.named(m.user_id).handle }))
    assert.deepEqual(row, { key: 'WEB', members: crew.sort(by('handle')) })
  })
  test('inner keeps only parents with a match', async () => {
    const regression = facts.labels.find((l) => l.name === 'regression').id
    const tagged = new Set(facts.ticketLabels.filter((l) => l.label_id === regression).map((l) => l.ticket_id))
    const want = mine.filter((t) => tagged.has(t.id))
    const { data, count } = await ok(amara.from('tickets').select('id,labels!inner(name)', { count: 'exact' }).eq('labels.name', 'regression').order('id'))
    assert.equal(count, want.length)
    assert.deepEqual(data, want.sort(by('id')).map((t) => ({ id: t.id, labels: [{ name: 'regression' }] })))
  })
  test('parents without children', async () => {
    const talked = new Set(facts.comments.map((c) => c.ticket_id))
    const { count } = await ok(amara.from('tickets').select('id,comments()', { count: 'exact', head: true }).is('comments', null))
    assert.equal(count, mine.filter((t) => !talked.has(t.id)).length)
  })
  test('spread', async () => {
    const rows = await rowsOf(amara.from('tickets').select('number,...projects(key,name)').order('created_at', { ascending: false }).limit(5))
    assert.deepEqual(rows, newest.slice(0, 5).map((t) => ({ number: t.number, key: facts.projectOf(t).key, name: facts.projectOf(t).name })))
  })
  test('a count of an embed', async () => {
    const rows = await rowsOf(amara.from('tickets').select('id,comments(count)').order('created_at', { ascending: false }).limit(10))
    assert.deepEqual(rows, newest.slice(0, 10).map((t) => ({ id: t.id, comments: [{ count: facts.comments.filter((c) => c.ticket_id === t.id).length }] })))
  })
  test('the target\'s policy holds inside an embed', async () => {
    const rows = await rowsOf(server.anon.from('projects').select('key,tickets(id),project_members(user_id)').order('key'))
    assert.deepEqual(rows, facts.projects.filter((p) => p.public).sort(by('key')).map((p) => ({ key: p.key, tickets: [], project_members: [] })))
  })
  test('order through a relation', async () => {
    const rows = await rowsOf(amara.from('tickets').select('id,projects(key)').order('projects(key)').order('number').limit(10))
    const want = mine.map((t) => ({ ...t, key: facts.projectOf(t).key })).sort(by('key', 'number', 'id')).slice(0, 10)
    assert.deepEqual(rows, want.map((t) => ({ id: t.id, projects: { key: t.key } })))
  })
  test('a view counts what the reader may see', async () => {
    const rows = await rowsOf(amara.from('open_tickets').select('project,n').order('project'))
    const counts = {}
    for (const t of mine.filter((t) => t.status !== 'done')) counts[facts.projectOf(t).name] = (counts[facts.projectOf(t).name] ?? 0) + 1
    assert.deepEqual(rows, Object.keys(counts).sort().map((project) => ({ project, n: counts[project] })))
  })
})

describe('errors', () => {
  test('an unknown column', async () => {
    const { error, status } = await amara.from('tickets').select('titel')
    assert.equal(status, 400)
    assert.equal(error.code, '42703')
    assert.match(error.message, /titel does not exist/)
  })
  test('an unknown collection, and the internal table of users', async () => {
    for (const name of ['tickts', 'users', 'auth.users', '_socle_meta']) {
      const { error, status } = await amara.from(name).select()
      assert.equal(status, 404, name)
      assert.equal(error.code, 'PGRST205', name)
    }
  })
  test('a value of the wrong type', async () => {
    const { error, status } = await amara.from('tickets').select('id').eq('number', 'seven')
    assert.equal(status, 400)
    assert.equal(error.code, '22P02')
  })
  test('an offset beyond the end', async () => {
    const { error, status } = await server.anon.from('labels').select('id', { count: 'exact' }).range(500, 510)
    assert.equal(status, 416)
    assert.equal(error.code, 'PGRST103')
  })
  test('a token that is not ours', async () => {
    const answer = await fetch(`${server.url}/rest/v1/labels`, { headers: { apikey: server.keys.publishable, Authorization: 'Bearer not.a.token' } })
    assert.equal(answer.status, 401)
    assert.match((await answer.json()).code, /^PGRST30[123]$/)
  })
  test('no key at all', async () => {
    const answer = await fetch(`${server.url}/rest/v1/labels`)
    assert.equal(answer.status, 401)
  })
})
