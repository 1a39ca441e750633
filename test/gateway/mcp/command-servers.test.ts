import t from 'tap'
import { allowingGovernor, permitFor } from '../../../bench/allowing-governor.ts'
import type { Actor } from '../../../gateway/core/actor.ts'
import { createCommandServers } from '../../../gateway/mcp/command-servers.ts'
import type { Sandbox } from '../../../sandbox/sandbox.ts'

const OF_ACTOR = 16
const OF_ALL = 64
const TOO_MANY = { code: 'WEIR_ERR_RATE' }

// A server counts from before its sandbox is made: so many starts at once are refused as well, and no sandbox has to be there to see it.
await t.test('an actor has 16 servers that are commands, a gateway 64, and one that could not be started makes room', async (t) => {
  const making: Array<(error: Error) => void> = []
  const servers = createCommandServers({
    sandboxes: { open: () => new Promise<Sandbox>((_resolve, reject) => { making.push(reject) }) },
    lifeMs: 60_000,
    onDied: () => { t.fail('none has run') },
    nowMs: Date.now,
  })
  const permit = await permitFor(allowingGovernor(), { kind: 'session' })
  const start = (actor: Actor): Promise<unknown> => servers.start('units', { place: { kind: 'command', command: 'node server.mjs', folder: '/nowhere' }, permit, maxBytes: 1_024 }, actor, AbortSignal.abort())
  const actorOf = (id: string, org = 'acme'): Actor => ({ id, role: 'author', groups: [], org })
  const starting: Array<Promise<unknown>> = []
  const begin = (actor: Actor): void => { starting.push(start(actor).catch(() => undefined)) }

  for (let count = 0; count < OF_ACTOR; count += 1) begin(actorOf('alice'))
  await t.rejects(start(actorOf('alice')), TOO_MANY, 'the 17th of one actor')
  await t.rejects(start({ ...actorOf('alice'), role: 'reader' }), TOO_MANY, 'whatever role it has')
  for (let count = 0; count < OF_ACTOR; count += 1) begin(actorOf('alice', 'other'))
  for (let at = 0; at < OF_ALL - 2 * OF_ACTOR; at += 1) begin(actorOf(`actor ${at}`))
  t.equal(making.length, OF_ALL)
  await t.rejects(start(actorOf('bob')), TOO_MANY, 'the 65th of all')

  making[0]?.(new Error('no sandbox'))
  await starting[0]
  begin(actorOf('bob'))
  t.equal(making.length, OF_ALL + 1, 'there is room for one again')
  await t.rejects(start(actorOf('carol')), TOO_MANY, 'and no more')
  for (const fail of making) fail(new Error('no sandbox'))
  await Promise.all(starting)
})
