import t from 'tap'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { weir } from '../support/gateway-process.ts'
import { until } from '../support/until.ts'
import { openStage } from '../support/weir-stage.ts'

// What a session's time costs, with the real agent in its sandbox: over stops, restarts and a gateway that is killed in the middle.

const stage = await openStage(t, { credits: { containerSecond: 2, sessionSecond: 0.5 } })
const alice = stage.tokenFor('author', 'alice@acme.test')
const operator = stage.tokenFor('operator')

async function prompt (text: string): Promise<string> {
  const { id } = JSON.parse((await stage.call('POST', '/session', alice, {})).text) as { id: string }
  return (await stage.call('POST', `/session/${id}/message`, alice, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] })).text
}

type Event = Extract<LedgerEntry, { kind: 'event' }>

async function events (name: string): Promise<readonly Event[]> {
  return (await stage.ledger()).filter((entry): entry is Event => entry.kind === 'event' && entry.name === name)
}

interface Row { readonly [figure: string]: number }

const byCommand = (): Row => (JSON.parse(weir(['usage', '--group', 'actor', '--format', 'json', '--data-dir', stage.dataDir]).stdout) as { rows: ReadonlyArray<Row & { readonly group: { readonly actor: string } }> }).rows.find(({ group }) => group.actor === 'alice@acme.test') ?? {}
const byRoute = async (): Promise<Row> => (JSON.parse((await stage.call('GET', '/weir/api/v1/usage?group=actor', operator)).text) as { rows: ReadonlyArray<Row & { readonly group: { readonly actor: string } }> }).rows.find(({ group }) => group.actor === 'alice@acme.test') ?? {}

stage.provider.script('SAY-HELLO', [{ text: 'Hello.' }])
stage.provider.script('HANG', [{ silent: true }])

await t.test('two conversations of one person are one session; a gateway that is killed in the middle of it charges it at the next start, marked as estimated', async (t) => {
  t.match(await prompt('SAY-HELLO'), /Hello/)
  t.match(await prompt('SAY-HELLO'), /Hello/)
  t.equal((await events('session-started')).length, 1)
  t.equal(byCommand()['sessions'] ?? 0, 0, 'one that runs is not charged yet')
  const asked = stage.provider.requests.length
  const cut = prompt('HANG').then(() => 'answered', () => 'cut off')
  await until(() => stage.provider.requests.length > asked)
  await stage.gateway.end('SIGKILL')
  t.equal(await cut, 'cut off')
  t.same(await events('session-stopped'), [], 'nobody was there to charge it')
  await stage.restart()
  const [stopped, ...others] = await events('session-stopped')
  t.same(others, [])
  t.match(stopped, { actor: 'alice@acme.test', app: 'shop', environment: 'DEV', detail: { reason: 'gateway-killed', estimated: true, org: 'acme' } })
  const { sessionSeconds = 0, containerSeconds = 0, milliCredits } = (stopped?.detail ?? {}) as Row
  t.ok(sessionSeconds >= containerSeconds && containerSeconds > 0)
  t.equal(milliCredits, containerSeconds * 2_000 + sessionSeconds * 500)
})

await t.test('one that ends with its gateway is charged to the second, and none is charged twice', async (t) => {
  t.match(await prompt('SAY-HELLO'), /Hello/)
  await stage.restart()
  t.match((await events('session-stopped')).map(({ detail }) => detail), [{ estimated: true }, { estimated: false }])
  await stage.gateway.end('SIGKILL') // while nobody has a session
  await stage.restart()
  t.equal((await events('session-stopped')).length, 2)
})

await t.test('reports have credits beside money and never in it, the same by the command and the route', async (t) => {
  const charged = (await events('session-stopped')).map(({ detail }) => detail as Row)
  const sum = (name: string): number => charged.reduce((total, detail) => total + (detail[name] ?? 0), 0)
  const usages = (await stage.ledger()).flatMap((entry) => entry.kind === 'outcome' && entry.detail['usage'] !== undefined ? [entry.detail['usage'] as Row] : [])
  const row = byCommand()
  t.match(row, {
    sessions: 2,
    estimatedSessions: 1,
    sessionSeconds: sum('sessionSeconds'),
    containerSeconds: sum('containerSeconds'),
    milliCredits: sum('milliCredits'),
    credits: (sum('milliCredits') / 1_000).toFixed(3),
    requests: usages.length,
    costNanoUsd: usages.reduce((total, usage) => total + (usage['costNanoUsd'] ?? 0), 0),
  })
  t.ok(Number(row['costNanoUsd']) > 0 && sum('milliCredits') > 0)
  t.same(await byRoute(), row)
  t.match(weir(['usage', '--data-dir', stage.dataDir]).stdout, /cost +sessions +container +credits\n/)
})

t.end()
