// The atlas example: its data fetched as its README says, loaded into an empty database, read by anybody.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { by } from './facts.mjs'
import { root, start } from './server.mjs'

const folder = join(root, 'examples/atlas')
const rows = (name) => readFileSync(join(folder, 'seed', `${name}.ndjson`), 'utf8').trim().split('\n').map((line) => JSON.parse(line))

let server, cities, countries

before(async () => {
  execFileSync('npm', ['ci', '--silent'], { cwd: folder })
  execFileSync('node', ['load.mjs'], { cwd: folder })
  cities = rows('cities')
  countries = rows('countries')
  server = await start('atlas')
})
after(() => server?.stop())

const ok = async (query) => {
  const answer = await query
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  return answer
}

describe('the atlas', () => {
  test('more than a hundred thousand cities are there', async () => {
    const { count } = await ok(server.anon.from('cities').select('*', { count: 'exact', head: true }))
    assert.ok(cities.length > 100_000)
    assert.equal(count, cities.length)
  })
  test('the largest cities, with their countries', async () => {
    const { data } = await ok(server.anon.from('cities').select('id,name,latitude::text,country:countries(name)').order('population', { ascending: false }).limit(50))
    const country = Object.fromEntries(countries.map((c) => [c.code, c.name]))
    assert.deepEqual(data, [...cities].sort(by('-population', '-id')).slice(0, 50)
      .map((c) => ({ id: c.id, name: c.name, latitude: c.latitude, country: { name: country[c.country_code] } })))
  })
  test('names order by code point', async () => {
    const { data } = await ok(server.anon.from('cities').select('id').order('name').range(70_000, 70_099))
    assert.deepEqual(data.map((c) => c.id), [...cities].sort(by('name', 'id')).slice(70_000, 70_100).map((c) => c.id))
  })
  test('a search finds words whatever their accents', async () => {
    const { count } = await ok(server.anon.from('cities').select('*', { count: 'exact', head: true }).textSearch('name', 'leon', { type: 'plain' }))
    const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
    const want = cities.filter((c) => plain(c.name).split(/[^\p{L}\p{N}]+/u).includes('leon'))
    assert.ok(want.some((c) => c.name.includes('León')))
    assert.equal(count, want.length)
  })
  test('countries by language, through the junction', async () => {
    const spoken = rows('country_languages').filter((l) => l.language_code === 'fr').map((l) => l.country_code)
    const { data } = await ok(server.anon.from('countries').select('code,languages!inner()').eq('languages.code', 'fr').order('code'))
    assert.deepEqual(data.map((c) => c.code), spoken.sort())
  })
  test('people per country, by a view', async () => {
    const { data } = await ok(server.anon.from('country_sizes').select('country_code,cities,people').order('country_code'))
    const sizes = {}
    for (const c of cities) {
      const size = (sizes[c.country_code] ??= { country_code: c.country_code, cities: 0, people: 0 })
      size.cities += 1
      size.people += c.population
    }
    assert.deepEqual(data, Object.keys(sizes).sort().map((code) => sizes[code]))
  })
})
