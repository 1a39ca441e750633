import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { openTokenRegistry } from '../../../../gateway/identity/token-registry.ts'
import { openToolStage, type Answer } from './tool-stage.ts'

interface Event { readonly seq: number, readonly type: string, readonly id: string, readonly text?: string }

const MAX_OPEN = 64

t.setTimeout(240_000)
const stage = await openToolStage(t)
const alice = stage.gateway.tokenFor('author', 'alice@acme.test')
const echo = (id: string): object => ({ verb: 'apply', id, call: { tool: 'run-shell', args: { command: `echo ${id}` } } })
const of = (answers: readonly Answer[], id: string, type: string): Answer | undefined => answers.find((answer) => answer.id === id && answer.type === type)
await stage.talk(alice, [echo('begins')])

await t.test('who follows a session sees what another connection does in it, as it is done and in its order, until it is cancelled', async (t) => {
  const watcher = await stage.converse(alice)
  watcher.say({ verb: 'observe', id: 'o' })
  const seen = async (id: string): Promise<unknown> => await watcher.heard(({ event }) => (event as Event | undefined)?.id === id && (event as Event).type === 'result')
  await seen('begins')
  await stage.talk(alice, [echo('first')])
  await seen('first')
  await stage.talk(alice, [echo('second')])
  await seen('second')
  watcher.say({ verb: 'cancel', of: 'o' })
  const all = await watcher.end()
  t.equal(of(all, 'o', 'end')?.['status'], 'cancelled')
  const events = all.filter(({ type }) => type === 'event').map(({ event }) => event as Event)
  t.same(events.map(({ seq }) => seq), events.map((_event, at) => at + 1), 'each once, without gaps')
  t.match(events.filter(({ type }) => type === 'output').map(({ text }) => text), ['begins\n', 'first\n', 'second\n'])
})

await t.test('at its limit a conversation has the next request wait, and still takes cancel and resize', async (t) => {
  const talk = await stage.converse(alice)
  const ended = async (wanted: string): Promise<Answer> => await talk.heard(({ id, type }) => id === wanted && type === 'end')
  for (let count = 0; count < MAX_OPEN; count += 1) talk.say({ verb: 'observe', id: `o${count}` })
  for (const id of ['waits', 'never', 'last']) talk.say(echo(id))
  talk.say({ verb: 'resize', id: 'r', of: 'nothing', columns: 80, rows: 24 })
  t.match(await talk.heard(({ id }) => id === 'r'), { type: 'notice', code: 'not-open' })
  talk.say({ verb: 'cancel', of: 'never' })
  t.match(await ended('never'), { status: 'cancelled' }, 'what waits can be cancelled')
  talk.say({ verb: 'cancel', of: 'o7' })
  t.match(await ended('o7'), { status: 'cancelled' })
  t.match(await ended('waits'), { status: 'allow' })
  t.match(await ended('last'), { status: 'allow' })
  for (let count = 0; count < MAX_OPEN; count += 1) talk.say({ verb: 'cancel', of: `o${count}` })
  const all = await talk.end()
  t.equal(all[0]?.['limits'] !== undefined && (all[0]['limits'] as { readonly open: number }).open, MAX_OPEN, 'as the handshake says')
  t.same(all.filter(({ id, type }) => id === 'never' && type !== 'end'), [], 'nothing of it was decided')
  const ends = all.flatMap(({ id, type }, at) => type === 'end' && ['o7', 'waits', 'last'].includes(String(id)) ? [[String(id), at] as const] : [])
  t.equal(ends[0]?.[0], 'o7', 'not before there was a place')
})

await t.test('a client that does not read slows its command down, nobody else\'s, and has all of it when it reads again', async (t) => {
  const BYTES = 16_777_216 // more than the connection's two ends hold
  const printing = (id: string): object => ({ verb: 'apply', id, parallel: true, call: { tool: 'run-shell', args: { command: `head -c ${BYTES} /dev/zero | tr '\\0' x` } } })
  const slow = request(`${stage.gateway.url}/weir/api/v1/tools`, { method: 'POST', headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/x-ndjson' } })
  slow.end(`${JSON.stringify(printing('slow'))}\n`)
  const [answer] = await once(slow, 'response') as [IncomingMessage]
  const watcher = await stage.converse(alice)
  watcher.say({ verb: 'observe', id: 'o' })
  const seen = async (id: string, type: string): Promise<unknown> => await watcher.heard(({ event }) => (event as Event | undefined)?.id === id && (event as Event).type === type)
  await seen('slow', 'output')
  // As much work, begun later and read: by its end the other had all the time that it needs.
  const read = await stage.talk(alice, [printing('read')])
  t.equal(outputOf(read, 'read'), BYTES)
  await seen('read', 'result')
  watcher.say({ verb: 'cancel', of: 'o' })
  const events = (await watcher.end()).flatMap(({ event }) => (event as Event | undefined)?.id === 'slow' ? [event as Event] : [])
  t.notOk(events.some(({ type }) => type === 'result'), 'it was not done while nobody read')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const late = Buffer.concat(chunks).toString().trim().split('\n').map((line) => JSON.parse(line) as Answer)
  t.equal(outputOf(late, 'slow'), BYTES)
  t.equal(of(late, 'slow', 'end')?.['status'], 'allow')
})

await t.test('the same as server-sent events, until the token is revoked', async (t) => {
  const answer = await fetch(`${stage.gateway.url}/weir/api/v1/tools/events`, { headers: { authorization: `Bearer ${alice}`, 'last-event-id': '1' } })
  t.equal(answer.headers.get('content-type'), 'text/event-stream')
  const applied = stage.talk(alice, [echo('third')])
  let said = ''
  let isRevoked = false
  await t.rejects(async () => {
    for await (const chunk of answer.body ?? []) {
      said += Buffer.from(chunk as Uint8Array).toString()
      if (isRevoked || !/"type":"result","id":"third"[^\n]*\n\n/.test(said)) continue
      isRevoked = true
      await applied
      openTokenRegistry(join(stage.gateway.dataDir, 'identity', 'tokens.jsonl')).add({ revokedActor: 'alice@acme.test', beforeMs: Date.now(), atMs: Date.now() })
    }
  }, 'the stream is cut, not ended')
  t.ok(isRevoked)
  const seqs = [...said.matchAll(/^id: (\d+)\nevent: tool\ndata: \{[^\n]*"seq":(\d+)\}\n\n/gm)].map(([, id, seq]) => [Number(id), Number(seq)])
  t.ok(seqs.length > 0 && seqs.every(([id, seq], at) => id === seq && id === (seqs[0]?.[0] ?? 0) + at), 'each with its place, without gaps')
})

function outputOf (answers: readonly Answer[], id: string): number {
  return answers.reduce((sum, answer) => answer.id === id && answer.type === 'output' ? sum + String(answer['text']).length : sum, 0)
}
