// What is true of the seed, worked out here from its files and not by asking the server.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../examples/team/seed')
const rows = (name) =>
  readFileSync(join(folder, `${name}.ndjson`), 'utf8').trim().split('\n').map((line) => JSON.parse(line))

export const members = rows('members')
export const projects = rows('projects')
export const projectMembers = rows('project_members')
export const labels = rows('labels')
export const tickets = rows('tickets')
export const ticketLabels = rows('ticket_labels')
export const comments = rows('comments')
export const updates = rows('status_updates')

export const member = (handle) => members.find((m) => m.handle === handle)
export const projectOf = (ticket) => projects.find((p) => p.id === ticket.project_id)
export const named = (id) => members.find((m) => m.user_id === id)

export const projectsOf = (user) => new Set(projectMembers.filter((m) => m.user_id === user).map((m) => m.project_id))
export const ticketsOf = (user) => tickets.filter((t) => projectsOf(user).has(t.project_id))
export const commentsOf = (user) => {
  const seen = new Set(ticketsOf(user).map((t) => t.id))
  return comments.filter((c) => seen.has(c.ticket_id))
}

// The orders of the server: text by code point, equal ones by identity in the same direction.
const compare = (a, b) => Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
export const by = (...keys) => (a, b) => {
  for (const key of keys) {
    const [field, sign] = key.startsWith('-') ? [key.slice(1), -1] : [key, 1]
    const order = typeof a[field] === 'number' ? a[field] - b[field] : compare(a[field], b[field])
    if (order !== 0) return sign * order
  }
  return 0
}
export const stamp = (text) => text.replace(/Z$/, '+00:00')
export const ids = (list) => list.map((row) => row.id)
