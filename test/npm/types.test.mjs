// The types of `socle types`: programs over them compile as strictly as there is, and what they say is what the server sends.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { binary, root, start } from './server.mjs'

const here = import.meta.dirname
const shop = '../internal/typegen/testdata/shop'
const folder = mkdtempSync(join(tmpdir(), 'socle-types-'))
symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'))
after(() => rmSync(folder, { recursive: true, force: true }))

const types = (project, ...flags) => execFileSync(binary, ['types', join(root, 'examples', project), '--lang', 'ts', ...flags], { encoding: 'utf8' })

// compile type-checks programs beside the types they import; it gives the complaints, and the folder of what came of them.
function compile(name, database, programs) {
  const at = join(folder, name)
  mkdirSync(at)
  copyFileSync(join(here, 'types/tsconfig.json'), join(at, 'tsconfig.json'))
  writeFileSync(join(at, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(at, 'database.ts'), database)
  for (const [file, text] of Object.entries(programs)) writeFileSync(join(at, file), text)
  try {
    execFileSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', at], { encoding: 'utf8' })
    return { out: join(at, 'out'), complaints: '' }
  } catch (error) {
    return { out: join(at, 'out'), complaints: error.stdout }
  }
}

const client = `import { createClient } from '@supabase/supabase-js'
import type { Database, Tables, TablesInsert, TablesUpdate, Enums, CompositeTypes } from './database.js'
const db = createClient<Database>('http://127.0.0.1', 'key')
`
const program = readFileSync(join(here, 'types/shop.ts'), 'utf8')

describe('a program over the types of a project', () => {
  const { out, complaints } = compile('shop', types(shop), { 'shop.ts': program })
  let server, run
  before(async () => {
    server = await start(shop)
    run = await import(pathToFileURL(join(out, 'shop.js')))
  })
  after(() => server?.stop())

  test('compiles, and every mistake in it is one', () => assert.equal(complaints, ''))
  test('gets from the server what the types say', async () => {
    await run.write(server.anon, assert.deepEqual)
    await run.read(server.anon, assert.deepEqual)
    await run.call(server.anon, assert.deepEqual)
  })
  test('lists the words of an enum', () => assert.deepEqual(run.constants, ['buyer', 'seller', 'both']))
})

describe('the types of a project', () => {
  for (const project of ['team', 'atlas', shop]) {
    for (const role of ['users', 'anon', 'authenticated', 'service_role']) {
      test(`${project} for ${role} compiles under --strict`, () => {
        const name = `${project.split('/').at(-1)}-${role}`
        assert.equal(compile(name, types(project, '--role', role), { 'program.ts': `${client}export const rows = db.from\n` }).complaints, '')
      })
    }
  }
  test('the team: one row, many rows, what a view shows', () => {
    const { complaints } = compile('team', types('team'), {
      'program.ts': `${client}
export async function tickets(): Promise<void> {
  const { data } = await db.from('tickets').select('id,status,is_late,project(name),assignee(name),comments(body,parent(id)),labels(name)').single()
  if (!data) return
  const status: Enums<'tickets_status'> = data.status
  const names: [string, string | undefined, string | undefined] = [data.project.name, data.assignee?.name, data.labels[0]?.name]
  const late: boolean | null = data.is_late
  // @ts-expect-error the assignee may be nobody
  data.assignee.name
  // @ts-expect-error no such status
  const wrong: Enums<'tickets_status'> = 'lost'
  // @ts-expect-error for service_role alone
  db.from('tickets').select().eq('customer_ref', 'x')
  const { data: members } = await db.from('projects').select('members!project_members(name)').single()
  members?.members.map((m) => m.name)
  const { data: open } = await db.from('open_tickets').select('n,projects(name)').single()
  const n: number | undefined = open?.n
  const row: Tables<'tickets'>['is_late'] = null
  const change: TablesUpdate<'tickets'> = { status: 'done' }
  const none: CompositeTypes<never> = undefined as never
}
`,
    })
    assert.equal(complaints, '')
  })
  test('another role, another program', () => {
    const text = `${client}export const q = db.from('tickets').select('customer_ref').eq('customer_ref', 'x')\n`
    assert.equal(compile('secret', types('team', '--role', 'service_role'), { 'program.ts': text }).complaints, '')
    assert.match(compile('hidden', types('team'), { 'program.ts': text }).complaints, /customer_ref/)
  })
})

// `select=*` of every collection, as the types and as the server have it: the same names in the same order, and null only where
// the type allows it.
describe('rows of the team', () => {
  const text = types('team', '--role', 'service_role')
  let server
  before(async () => {
    server = await start('team')
  })
  after(() => server?.stop())

  const rows = [...text.matchAll(/^ {6}(\w+): \{\n {8}Row: \{\n([^}]*)\}(?:.*?)^ {6}\}/gms)].map(([whole, name, body]) => {
    const computed = /ComputedFields: (.*)/.exec(whole)?.[1] ?? ''
    const fields = [...body.matchAll(/^ {10}(\w+): (.*)$/gm)].map(([, field, type]) => ({ field, type })).filter(({ field }) => !computed.includes(`"${field}"`))
    return { name, fields }
  })
  test('the types name the collections', () => assert.ok(rows.length >= 9, `${rows.map((r) => r.name)}`))
  const shapes = { string: 'string', number: 'number', boolean: 'boolean', Json: 'object' }
  for (const { name, fields } of rows) {
    test(name, async () => {
      const { data, error } = await server.service.from(name).select('*').limit(200)
      assert.equal(error, null)
      assert.ok(data.length > 0)
      for (const row of data) {
        assert.deepEqual(Object.keys(row), fields.map((f) => f.field))
        for (const { field, type } of fields) {
          const value = row[field]
          if (value === null) assert.match(type, / \| null$/, `${name}.${field} came as null`)
          else if (type.includes('[]')) assert.ok(Array.isArray(value), `${name}.${field}`)
          else assert.equal(typeof value, shapes[type.split(' ')[0]] ?? 'string', `${name}.${field}`)
        }
      }
    })
  }
})
