// A server of an example, or of a project's folder, on a free port and an empty data directory, and clients for its actors.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

export const root = resolve(import.meta.dirname, '../..')
export const binary = process.env.SOCLE ?? join(root, 'bin/socle')

const freePort = () =>
  new Promise((done, failed) => {
    const probe = createServer().once('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => done(port))
    })
  })

export async function start(example, ...command) {
  const project = resolve(root, 'examples', example)
  const data = mkdtempSync(join(tmpdir(), 'socle-npm-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const log = []
  const how = command.length > 0 ? command : ['serve', '--apply']
  const child = spawn(binary, [...how, project, '--addr', `127.0.0.1:${port}`, '--data', data])
  child.stdout.on('data', (text) => log.push(text))
  child.stderr.on('data', (text) => log.push(text))
  const ended = new Promise((done) => child.once('close', (code) => done(code ?? 'a signal')))
  const stop = async () => {
    child.kill('SIGTERM')
    await Promise.race([ended, new Promise((late) => setTimeout(late, 5000))])
    child.kill('SIGKILL')
    rmSync(data, { recursive: true, force: true })
  }
  try {
    await healthy(url, ended, log)
    return { url, stop, ...actors(project, url, data) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function healthy(url, ended, log) {
  let over
  ended.then((code) => (over = `the server ended with ${code}`))
  for (const until = Date.now() + 60_000; Date.now() < until && over === undefined; ) {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((soon) => setTimeout(soon, 50))
  }
  throw new Error(`${over ?? '/health never answered 200'}\n${log.join('')}`)
}

function actors(project, url, data) {
  const socle = (...args) => execFileSync(binary, args, { encoding: 'utf8' }).trim()
  const keys = JSON.parse(socle('keys', project, '--data', data, '--format', 'json'))
  const options = { realtime: { transport: ws }, auth: { persistSession: false, autoRefreshToken: false } }
  return {
    keys,
    token: (sub, ...more) => socle('token', project, '--data', data, '--sub', sub, ...more),
    anon: createClient(url, keys.publishable, options),
    service: createClient(url, keys.secret, options),
    as(sub, ...more) {
      const token = this.token(sub, ...more)
      return createClient(url, keys.publishable, { ...options, accessToken: async () => token })
    },
  }
}
