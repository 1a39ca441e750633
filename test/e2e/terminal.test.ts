import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Held } from '../../gateway/approvals/approval-text.ts'
import { weir } from '../support/gateway-process.ts'
import { attachTerminal } from '../support/terminal-client.ts'
import { until } from '../support/until.ts'
import { openStage } from '../support/weir-stage.ts'

const IDLE = /^(?![\s\S]*esc interrupt)/
const NAP = '59.731' // tells the command of this test from others in the machine's process list

// One gateway, one agent and one terminal for the whole story: the tests follow each other on the same screen.
const stage = await openStage(t, { approvals: { hold: '5m' }, terminals: { keep: '1h' } })
const approver = stage.tokenFor('approver', 'ann@acme.test')
const write = (name: string): readonly [string, unknown] => ['write', { filePath: '/workspace/package.json', content: `{ "name": "${name}" }\n` }]
stage.provider.script('SAY-HELLO', [{ text: 'Hello in the terminal.' }])
stage.provider.script('RENAME-FIRST', [{ calls: [write('renamed')] }, { text: 'Renamed it is.' }])
stage.provider.script('RENAME-AGAIN', [{ calls: [write('nonsense')] }, { text: 'So it keeps its name.' }])
stage.provider.script('STILL-THERE', [{ text: 'All quiet.' }])
stage.provider.script('TAKE-A-NAP', [{ calls: [['bash', { command: `sleep ${NAP}`, description: 'nap' }]] }, { text: 'Woke up by itself.' }])
stage.provider.script('ONCE-MORE', [{ text: 'Here again.' }])
const terminal = attachTerminal(t, { dir: stage.dir, url: stage.gateway.url, token: stage.tokenFor('author', 'alice@acme.test') })

await t.test('the terminal attaches, sends a prompt and shows the answer', async (t) => {
  await terminal.shows(/Ask anything/)
  prompt('SAY-HELLO')
  t.match(await terminal.shows(/Hello in the terminal/), 'SAY-HELLO')
})

await t.test('a call that waits for a second person goes on in the terminal once that person approves', async (t) => {
  prompt('RENAME-FIRST')
  const id = await waiting()
  t.notMatch(await terminal.shows(/esc interrupt/), 'Renamed it is', 'the agent waits')
  t.match(approvals('approve', id).stdout, id)
  t.match(await terminal.shows(/Renamed it is/), /Wrote package\.json[\s\S]*"renamed"/)
})

await t.test('a call that a second person denies shows the reason, and the agent goes on without it', async (t) => {
  prompt('RENAME-AGAIN')
  const id = await waiting()
  t.equal(approvals('deny', id, '--reason', 'Names stay this week.').code, 0)
  const screen = await terminal.shows(/So it keeps its name/)
  t.match(screen, 'Names stay this week.')
  t.notMatch(screen, 'nonsense')
})

await t.test('a shell command of the user runs when the rules allow it, and is refused when they do not', async (t) => {
  await shell('cat src/cart.js')
  await terminal.shows(/\$ cat src\/cart\.js[\s\S]*items\.reduce/)
  await shell('cat .env')
  await until(async () => (await stage.ledger()).some((entry) => entry.kind === 'decision' && entry.input.command?.text === 'cat .env' && entry.decision.verdict === 'deny'))
  prompt('STILL-THERE')
  t.notMatch(await terminal.shows(/All quiet/), 'do-not-show')
})

await t.test('Esc ends a running prompt with the command it started', async (t) => {
  prompt('TAKE-A-NAP')
  await until(() => naps() > 0)
  terminal.press('Escape')
  await terminal.shows(/esc again/)
  terminal.press('Escape')
  t.notMatch(await terminal.shows(/interrupted/), 'Woke up by itself')
  await until(() => naps() === 0)
})

await t.test('after a restart of the gateway the conversation in the terminal goes on', async (t) => {
  const recording = oldRecording()
  const before = await listening()
  await stage.restart({ samePort: true })
  // What is said before the terminal listens again stands in the conversation, and not on its screen.
  await until(async () => await listening() > before)
  prompt('ONCE-MORE')
  t.match(await terminal.shows(/Here again/), 'ONCE-MORE')
  await until(() => !existsSync(recording))
  t.match((await stage.ledger()).filter((entry) => entry.kind === 'event' && entry.name === 'recording-removed'), [{ detail: { bytes: 2 } }], 'what is older than it has to be was removed at the start')
})

/** How often somebody was let listen to the agent's events. */
async function listening (): Promise<number> {
  return (await stage.ledger()).filter((entry) => entry.kind === 'decision' && /"(?:\/global)?\/event"/.test(JSON.stringify(entry))).length
}

function prompt (text: string): void {
  terminal.type(text)
  terminal.press('Enter')
}

// The sign and what follows it, read by the interface in one piece, are a text for the model; and a dialog that is just closing takes keys along.
async function shell (command: string): Promise<void> {
  await terminal.shows(IDLE) // the agent refuses a command while a turn ends, and the interface then waits for nothing
  terminal.type('!')
  while (!await terminal.showsIn(300, /exit shell mode/)) {
    terminal.press('BSpace')
    terminal.type('!')
  }
  prompt(command)
}

/** The id of the write that waits, once one does; what an earlier one changed can wait as well. */
async function waiting (): Promise<string> {
  let id = ''
  await until(async () => {
    const { text } = await stage.call('GET', '/weir/api/v1/approvals?state=waiting', approver)
    id = (JSON.parse(text) as { approvals: readonly Held[] }).approvals.findLast(({ tool }) => tool?.native === 'write')?.id ?? ''
    return id !== ''
  })
  return id
}

function approvals (...args: string[]): ReturnType<typeof weir> {
  return weir(['approvals', ...args, '--url', stage.gateway.url, '--data-dir', stage.dataDir], { env: { WEIR_TOKEN: approver } })
}

/** A recording that was last written a day ago. */
function oldRecording (): string {
  const folder = join(stage.dataDir, 'recordings')
  const path = join(folder, `rec_${'a'.repeat(26)}.cast`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, '{}')
  const dayAgo = Date.now() / 1_000 - 86_400
  utimesSync(path, dayAgo, dayAgo)
  return path
}

function naps (): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(NAP) } catch { return false }
  }).length
}
