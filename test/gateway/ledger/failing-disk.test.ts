import { cpSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { journalDirOf, openJournal } from '../../../gateway/ledger/journal.ts'
import { shortDir, startGateway, weir, writeConfig, type GatewayProcess } from '../../support/gateway-process.ts'
import { ledgerOf } from '../../support/ledger-of.ts'
import { until } from '../../support/until.ts'
import { startFakeUpstream } from '../planes/model/fake-upstream.ts'
import { plainEvent } from './bodies.ts'

// The gateway runs under a tracer that has chosen system calls fail when they concern files of these names: as a disk fails, and without being root.

const SEGMENT = '00000000000000000000.jsonl'
const SEGMENT_BYTES = 64 * 1024 * 1024
const ROOM = 40_000 // of the first segment: the refusals, and then a few large calls, are in it
const BULK = 250_000
const LARGE = 'x'.repeat(8_000)
const WRITES = 'pwrite64,ftruncate,fdatasync'

const upstream = await startFakeUpstream()
t.teardown(() => upstream.close())
upstream.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}')

/** A journal whose first segment is nearly full. @returns the index of its next entry */
async function nearlyFull (dir: string): Promise<number> {
  const journal = await openJournal({ dir, nowMs: Date.now, onWarning: (message) => { throw new Error(message) } })
  const size = (): number => SEGMENT_BYTES - ROOM - statSync(join(dir, SEGMENT)).size
  while (size() > BULK + 1_000) await Promise.all(Array.from({ length: Math.min(10, Math.floor(size() / (BULK + 1_000))) }, () => journal.append(plainEvent('filler', { text: 'x'.repeat(BULK) }))))
  await journal.append(plainEvent('filler', { text: 'x'.repeat(size()) }))
  await journal.close()
  return journal.head().index + 1
}

const made = shortDir(t)
const next = await nearlyFull(journalDirOf(made))

interface Asked { readonly status: number, readonly command: string, readonly entry: number | undefined, readonly code: string | undefined }

interface Stage {
  readonly gateway: GatewayProcess
  readonly dataDir: string
  /** Has the disk fail under the open segment, for whoever writes; its name and what is in it stay. */
  fail (): void
  heal (): void
  segments (): number
}

let asked = 0

async function decide ({ url, token }: GatewayProcess, text = ''): Promise<Asked> {
  asked += 1
  const command = `echo ${asked} ${text}`
  const answer = await fetch(`${url}/weir/api/v1/decisions`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command } }),
  })
  const { entry, error } = await answer.json() as { readonly entry?: number, readonly error?: { readonly code: string } }
  return { status: answer.status, command, entry, code: error?.code }
}

async function askModel ({ url, token }: GatewayProcess): Promise<number> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] })
  return (await fetch(`${url}/weir/model/up/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body })).status
}

/** `inject`: what fails of the calls that concern the segment under `failing`, the drafts of new ones and, when it is `traced`, the folder. */
async function stageWith (t: Test, inject: readonly string[], folder: 'traced' | 'not traced'): Promise<Stage> {
  const dir = shortDir(t)
  const dataDir = join(dir, 'data')
  const journalDir = journalDirOf(dataDir)
  const config = writeConfig(dir, { dataDir: 'data', providers: { up: { format: 'openai-chat', baseUrl: upstream.baseUrl, keyless: true, models: { m: {} } } } })
  cpSync(journalDirOf(made), journalDir, { recursive: true })
  const [segment, failing] = [join(journalDir, SEGMENT), join(journalDir, 'failing')]
  const drafts = Array.from({ length: 200 }, (_, place) => join(journalDir, `${String(next + place).padStart(20, '0')}.jsonl.new`))
  const paths = [failing, ...(folder === 'traced' ? [journalDir] : []), ...drafts].flatMap((path) => ['-P', path])
  const gateway = await startGateway(config, {}, 0, ['strace', '-D', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', ...paths, ...inject.flatMap((rule) => ['-e', `inject=${rule}`])])
  t.teardown(() => gateway.end('SIGKILL'))
  return {
    gateway,
    dataDir,
    fail () {
      // The tracer knows an open file by the name under which it is now.
      renameSync(segment, failing)
      linkSync(failing, segment)
    },
    heal () {
      rmSync(segment)
      renameSync(failing, segment)
    },
    segments: () => readdirSync(journalDir).filter((name) => name.endsWith('.jsonl')).length,
  }
}

/** What fails while the disk does, and what goes on. @returns everything that was asked */
async function whileFailing (t: Test, { gateway, dataDir, fail }: Stage): Promise<Asked[]> {
  const before = await decide(gateway)
  t.equal(await askModel(gateway), 200)
  const effects = upstream.seen.length
  fail()
  const refused = await Promise.all(Array.from({ length: 8 }, () => decide(gateway)))
  refused.push(await decide(gateway))
  t.same([...new Set(refused.map(({ status, code }) => `${status} ${code}`))], ['503 WEIR_ERR_LEDGER_APPEND'])
  t.equal(await askModel(gateway), 503)
  t.equal(upstream.seen.length, effects, 'nothing took effect')
  const headers = { authorization: `Bearer ${gateway.token}` }
  const reads = await Promise.all(['health', 'ready', 'metrics'].map(async (path) => [path, (await fetch(`${gateway.url}/weir/${path}`, { headers })).status]))
  t.same(reads, [['health', 200], ['ready', 503], ['metrics', 200]])
  const read = weir(['audit', 'query', '--data-dir', dataDir, '--format', 'jsonl', '--limit', '10'])
  t.ok(read.stdout.includes(`"${before.command}"`), `what is recorded can be read: ${read.stderr}`)
  return [before, ...refused]
}

/** Each acknowledged call is the entry that it was told, no other one is an entry, and the chain verifies. */
async function recorded (t: Test, { dataDir }: Stage, all: readonly Asked[]): Promise<void> {
  const entries = await ledgerOf(dataDir)
  const texts = entries.map((entry) => JSON.stringify(entry))
  const wrong = all.filter(({ status, entry = -1, command }) => {
    const said = `"${command}"`
    return status === 200 ? texts[entry]?.includes(said) !== true : texts.some((text) => text.includes(said))
  })
  t.same(wrong.map(({ status, entry, command }) => ({ status, entry, command: command.slice(0, 20) })), [])
  t.match(weir(['audit', 'verify', '--data-dir', dataDir]), { code: 0 })
}

// Counted for each thread of the gateway, of which several make segments in turns.
const DISKS: ReadonlyArray<readonly [name: string, inject: readonly string[], folder: 'traced' | 'not traced']> = [
  ['EIO', [`${WRITES}:error=EIO`, 'rename:error=EIO:when=1..2', 'fsync:error=EIO:when=1..2'], 'traced'],
  // The folder is opened by readers too.
  ['EROFS', [`${WRITES}:error=EROFS`, 'openat:error=EROFS:when=1..2'], 'not traced'],
]

for (const [name, inject, folder] of DISKS) {
  await t.test(`${name}: effects are refused with 503 and reads go on; the ledger goes on by itself, also when a new segment fails at first`, async (t) => {
    const stage = await stageWith(t, inject, folder)
    const all = await whileFailing(t, stage)
    stage.heal()
    all.push(await decide(stage.gateway))
    t.equal(all.at(-1)?.status, 200, 'by itself')
    const from = all.length
    await until(async () => {
      all.push(await decide(stage.gateway, LARGE))
      return stage.segments() === 2 && all.at(-1)?.status === 200
    })
    const refused = all.slice(from).filter(({ status }) => status !== 200)
    t.ok(refused.length >= 2 && refused.every(({ code }) => code === 'WEIR_ERR_LEDGER_APPEND'), `${refused.length} were refused while a segment could not be made`)
    t.equal(await askModel(stage.gateway), 200)
    await stage.gateway.end('SIGTERM')
    await recorded(t, stage, all)
  })
}
