import t from 'tap'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import { createProgress, type TurnProgress } from '../../../../gateway/planes/file/turn-progress.ts'

const CONTEXT = { plane: 'file', actor: { id: 'alice@acme.test', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: { id: 'wses_1', client: '', agent: '' } } as const

function walk (of: number): { readonly events: EntryBody[], readonly told: TurnProgress[] } {
  const events: EntryBody[] = []
  const told: TurnProgress[] = []
  const tell = createProgress({ ports: { ledger: { record: (body) => { events.push(body) } }, onProgress: (_, progress) => { told.push(progress) } }, context: CONTEXT, sessionId: 'wses_1' }, of)
  for (let done = 0; done < of; done += 1) tell('read', done)
  for (let done = 64; done < of; done += 64) tell('decided', done)
  return { events, told }
}

await t.test('a large turn says every 5,000 files how far it is, in the ledger and to who listens', async (t) => {
  const { events, told } = walk(12_000)
  t.same(told, [{ step: 'read', done: 5_000, of: 12_000 }, { step: 'read', done: 10_000, of: 12_000 }, { step: 'decided', done: 5_056, of: 12_000 }, { step: 'decided', done: 10_112, of: 12_000 }])
  t.match(events, told.map((detail) => ({ kind: 'event', name: 'change-set-progress', session: 'wses_1', actor: 'alice@acme.test', detail })))
})

await t.test('a turn of fewer says nothing', async (t) => {
  t.same(walk(4_999), { events: [], told: [] })
})
