import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { processIo } from '../../../gateway/cli/io.ts'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { openForwardFiles, type PutAside } from '../../../gateway/forward/forward-files.ts'
import { openIdentity } from '../../../gateway/identity/open-identity.ts'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { startHttpReceiver } from './receivers.ts'

const STRANGERS = 250 // more than one call to the gateway tries
const letter = (from: number): PutAside => ({ origin: 'weir-ledger/0000000000000000', from, to: from, count: 1, problem: 'it was refused', atMs: 1 })
const linesOf = (letters: readonly PutAside[]): string => letters.map((one) => `${JSON.stringify(one)}\n`).join('')

await t.test('an operator has sent again what was put aside: a letter goes when it was taken, not before, and what is refused again stays', async (t) => {
  const receiver = await startHttpReceiver(t)
  receiver.answer = () => ({ status: 422 })
  const gateway = await openInProcessGateway(t, {
    settings: { ledger: { forward: { siem: { to: 'http', url: receiver.url } } } },
    before: async ({ dataDir }) => {
      mkdirSync(join(dataDir, 'forward'), { recursive: true })
      writeFileSync(join(dataDir, 'forward', 'siem.dead.jsonl'), linesOf(Array.from({ length: STRANGERS }, (_, at) => letter(at))))
    },
  })
  const tokenOf = (role: string, app: string | null = null): string => openIdentity(gateway.dataDir, Date.now).provider.issue({ actor: `${role}@acme.test`, role, groups: [], org: 'acme', app, environment: app === null ? null : 'DEV', ttlMs: 3_600_000 }).token
  async function weir (token: string, ...args: string[]): Promise<string> {
    let text = ''
    await auditCommand({ ...processIo(), env: { WEIR_URL: gateway.url, WEIR_TOKEN: token }, stdout (part) { text += part } }).parseAsync(['node', 'weir', ...args, '--data-dir', gateway.dataDir])
    return text
  }
  const operator = tokenOf('operator')
  const file = join(gateway.dataDir, 'forward', 'siem.dead.jsonl')
  const own = (): PutAside[] => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as PutAside).filter(({ origin }) => origin !== letter(0).origin)
  const indexesIn = (text: string): number[] => text.trim().split('\n').map((line) => (JSON.parse(line) as LedgerEntry).index)
  await until(() => own().length >= 2 && own().some(({ from }) => from === 0))
  receiver.answer = () => ({ status: 204 })
  await weir(operator, 'forwarders') // has an entry of its own
  await until(() => receiver.taken.length > 0)
  const refused = own()
  t.notOk(receiver.taken.some(({ text }) => indexesIn(text).includes(0)))

  const isLetter = (text: string): boolean => refused.some(({ from }) => indexesIn(text).includes(from))
  receiver.answer = ({ text }) => ({ status: isLetter(text) ? 503 : 204 })
  writeFileSync(file, linesOf([...refused, ...Array.from({ length: STRANGERS }, (_, at) => letter(at))]))
  await t.rejects(weir(operator, 'resend', 'siem'), { name: 'CommandFailed', message: 'The rest was not tried: the receiver answered 503.' })
  t.same(own(), refused, 'nobody took anything')

  receiver.answer = ({ text }) => ({ status: indexesIn(text).includes(0) ? 422 : 204 })
  t.equal(await weir(operator, 'resend', 'siem'), `${refused.length - 1} entries taken, ${STRANGERS + 1} refused again.\n`, 'what is of another ledger is not sent')
  t.match(own(), [{ from: 0, problem: 'the receiver answered 422' }])
  receiver.answer = () => ({ status: 204 })
  t.match(JSON.parse(await weir(operator, 'resend', 'siem', '--json')), { delivered: 1, failed: STRANGERS, problem: null })
  t.same(own(), [])
  t.match(await weir(operator, 'forwarders'), new RegExp(`^name .*\\nsiem .* ${STRANGERS} +-\\n$`))
  const taken = new Set(receiver.taken.flatMap(({ text }) => indexesIn(text)))
  t.ok(refused.every(({ from }) => taken.has(from)))

  await t.rejects(weir(operator, 'resend', 'nothing'), { message: 'There is no such forwarder.' })
  for (const token of [tokenOf('author'), tokenOf('auditor'), tokenOf('operator', 'shop')]) {
    await t.rejects(weir(token, 'resend', 'siem'), { name: 'CommandFailed' })
    await t.rejects(weir(token, 'forwarders'), { name: 'CommandFailed' })
  }
})

await t.test('what is put aside while others are taken off the file is not lost', async (t) => {
  const folder = testFolder(t)
  const files = await openForwardFiles(folder, 'siem')
  for (let from = 0; from < 20; from += 1) await files.putAside(letter(from))
  await Promise.all(Array.from({ length: 20 }, (_, at) => [files.settle(1, at % 4 === 0 ? [letter(100 + at)] : []), files.putAside(letter(20 + at))]).flat())
  t.same((await files.letters()).map(({ from }) => from).sort((a, b) => a - b), [...Array.from({ length: 20 }, (_, at) => 20 + at), 100, 104, 108, 112, 116])
  t.equal(files.dead(), 25)
  t.equal((await openForwardFiles(folder, 'siem')).dead(), 25)
})
