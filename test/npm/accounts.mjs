// A project with accounts that is served, the mail it would have sent, another party to sign in at, and what somebody has at
// hand: a browser's storage, an authenticator.
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'
import { start } from './server.mjs'

// home is where links end.
export const home = 'https://app.test/welcome'

const files = (issuer) => ({
  'socle.yaml': `name: journal
auth:
  anonymous: true
  redirects: [ ${home} ]
  session: { refresh_reuse: 0s }
  limits: { sign_in: 6000, send: 6000 } # all of them come from one address
  providers: { acme: { issuer: "${issuer}", client_id: journal, client_secret: "\${ACME_SECRET}" } }
`,
  'collections/entries.yaml': `fields:
  id: { type: int, identity: true }
  text: { type: text, required: true }
  owner_id: { ref: auth.users, default: auth.uid, on_delete: cascade }
indexes: [[owner_id]]
policies:
  read: "row.owner_id == auth.uid"
  create: "row.owner_id == auth.uid"
  delete: "row.owner_id == auth.uid && auth.aal == 'aal2'"
`,
})

// open serves the project: on SQLite, or where SOCLE_DATABASE says.
export async function open() {
  const provider = await issuer()
  const project = mkdtempSync(join(tmpdir(), 'socle-accounts-'))
  for (const [name, text] of Object.entries(files(provider.url))) {
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), text)
  }
  process.env.ACME_SECRET = 'a secret of the journal'
  const server = await start(project, 'dev')
  const stop = async () => {
    await server.stop()
    provider.close()
    rmSync(project, { recursive: true, force: true })
  }
  return { ...server, stop, provider, mail: inbox(server.url), browser: (options) => browser(server, options) }
}

// browser is a client with a storage of its own, and the events that it saw.
function browser({ url, keys }, options = {}) {
  const kept = new Map()
  const storage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => void kept.set(k, v), removeItem: (k) => void kept.delete(k) }
  const client = createClient(url, keys.publishable, {
    realtime: { transport: ws },
    auth: { storage, storageKey: 'session', autoRefreshToken: false, detectSessionInUrl: false, experimental: { recoveryCodes: true }, ...options },
  })
  const events = []
  client.auth.onAuthStateChange((event) => void events.push(event))
  return Object.assign(client, { kept, events })
}

// inbox gives mail('ann@…', kind): the next message to somebody that was not taken yet, once it is there.
function inbox(url) {
  const taken = new Set()
  return async (to, kind) => {
    for (const until = Date.now() + 20_000; Date.now() < until; await new Promise((soon) => setTimeout(soon, 20))) {
      const { messages } = await (await fetch(`${url}/_inbox?format=json`)).json()
      const found = messages.reverse().find((m) => m.to === to && m.kind === kind && !taken.has(m.number))
      if (found === undefined) continue
      taken.add(found.number)
      return found
    }
    assert.fail(`no ${kind} came to ${to}`)
  }
}

// follow opens an address as a browser does, with cookies, and gives the place outside of the server where it ends.
export async function follow(address) {
  const cookies = new Map()
  for (let hop = 0; hop < 8; hop++) {
    const answer = await fetch(address, { redirect: 'manual', headers: { Cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
      value === '' ? cookies.delete(name) : cookies.set(name, value)
    }
    const next = answer.headers.get('location')
    assert.ok(next, `${address} answers ${answer.status} ${await answer.text()}`)
    address = new URL(next, address)
    if (address.hostname !== '127.0.0.1') return address
  }
  assert.fail('the redirects have no end')
}

// fragment is what a place's address says behind the '#'.
export const fragment = (place) => Object.fromEntries(new URLSearchParams(place.hash.slice(1)))

// authenticator gives the code that an app shows for a secret.
export function authenticator(secret, ahead = 0) {
  const bits = [...secret.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

// issuer is a provider of OpenID Connect at which `who` is signed in already.
async function issuer() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const codes = new Map()
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = (claims) => {
    const text = `${part({ alg: 'ES256', kid: 'one', typ: 'JWT' })}.${part(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const provider = { who: { sub: '1', email: 'nobody@acme.test', email_verified: true } }
  const routes = {
    '/.well-known/openid-configuration': () => ({
      issuer: provider.url, authorization_endpoint: `${provider.url}/authorize`, token_endpoint: `${provider.url}/token`, jwks_uri: `${provider.url}/keys`,
      response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256'],
    }),
    '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }] }),
    '/token': (_, form) => {
      const now = Math.floor(Date.now() / 1000)
      const { nonce, who } = codes.get(form.get('code'))
      const id_token = signed({ iss: provider.url, aud: 'journal', iat: now, exp: now + 300, nonce, ...who })
      return { access_token: 'of acme', token_type: 'Bearer', expires_in: 300, id_token }
    },
  }
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url, provider.url)
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString())
    if (url.pathname === '/authorize') {
      const code = `code${codes.size}`
      codes.set(code, { nonce: url.searchParams.get('nonce') ?? undefined, who: provider.who })
      const back = new URL(url.searchParams.get('redirect_uri'))
      back.search = new URLSearchParams({ code, state: url.searchParams.get('state') })
      return answer.writeHead(302, { Location: back.href }).end()
    }
    answer.setHeader('Content-Type', 'application/json').end(JSON.stringify(routes[url.pathname]?.(url, form) ?? {}))
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  return Object.assign(provider, { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() })
}
