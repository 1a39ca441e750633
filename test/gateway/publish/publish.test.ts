import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { pino } from 'pino'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { CommandFailed, processIo } from '../../../gateway/cli/io.ts'
import { loadConfig } from '../../../gateway/config-file.ts'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { signV4 } from '../../../gateway/object-store/sign-v4.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { openConfiguredPublisher } from '../../../gateway/open/publisher.ts'
import type { Publisher } from '../../../gateway/publish/publisher.ts'
import { createMetricRegistry } from '../../../gateway/telemetry/registry.ts'
import { openCheckpoint } from '../../../gateway/transparency/checkpoint.ts'
import { cosignatureIn, parseWitnessKey } from '../../../gateway/transparency/cosignature.ts'
import { logDirOf, noteKeyOf, openLedgerKey } from '../../../gateway/transparency/log-place.ts'
import { verifierKey, type NoteKey } from '../../../gateway/transparency/signed-note.ts'
import { openTransparencyLog, type TransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { writeConfig } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { S3_ENV, startS3Server } from './s3-server.ts'
import { startWitness } from './witness-server.ts'

interface Alone { verifyLedger (options: { path: string, key: string, kept: readonly string[], witnesses: readonly string[], quorum?: number }): { readonly ok: boolean, readonly problem: string | null } }

const SCRIPT = join(packageRoot(), 'examples', 'verify-ledger', 'verify-ledger.mjs')
const { verifyLedger } = await import(pathToFileURL(SCRIPT).href) as Alone

interface Opened { readonly journal: Journal, readonly log: TransparencyLog, readonly publisher: Publisher, readonly key: NoteKey, sign (): Promise<number>, metrics (): string, open (publish: object): Publisher }

/** A signed ledger in a folder, and what publishes it. */
async function opened (t: Test, dir: string, publish: object): Promise<Opened> {
  const dataDir = join(dir, 'data')
  const journalDir = join(dataDir, 'journal')
  const onWarning = (message: string): never => { throw new Error(message) }
  const journal = await openJournal({ dir: journalDir, nowMs: Date.now, onWarning })
  await journal.append(plainEvent('gateway-started'))
  const log = await openTransparencyLog({ dir: logDirOf(dataDir), journalDir, journal, privateKey: openLedgerKey(dataDir), checkpointMs: 3_600_000, onWarning })
  const registry = createMetricRegistry()
  const openWith = (settings: object, metrics = createMetricRegistry()): Publisher => {
    const config = loadConfig({ config: writeConfig(dir, { ledger: { publish: settings } }), dataDir }, {}, dir)
    const publisher = openConfiguredPublisher({ config, env: S3_ENV, journal, ledgerLog: log, metrics, log: pino({ level: 'silent' }) })
    if (publisher === null) throw new Error('nothing is published')
    t.teardown(() => publisher.close())
    return publisher
  }
  t.teardown(async () => {
    await journal.close()
    await log.close()
  })
  const key = await noteKeyOf(dataDir, journalDir)
  if (key === null) throw new Error('no key')
  return {
    journal,
    log,
    key,
    publisher: openWith(publish, registry),
    open: (settings) => openWith(settings),
    metrics: () => registry.text(),
    async sign () {
      await journal.append(plainEvent('gateway-started'))
      await log.sign()
      return log.signedSize()
    },
  }
}

await t.test('requests are signed as AWS\'s own examples are', (t) => {
  // docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "PUT Object" and "GET Bucket (List Objects)"
  const credentials = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', sessionToken: null }
  const at = Date.UTC(2013, 4, 24)
  const put = signV4({ method: 'PUT', url: new URL('https://examplebucket.s3.amazonaws.com/test%24file.text'), headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' }, bodySha256: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072' }, credentials, 'us-east-1', at)
  t.match(put['authorization'], /Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd$/)
  const list = signV4({ method: 'GET', url: new URL('https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J'), headers: {}, bodySha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }, credentials, 'us-east-1', at)
  t.match(list['authorization'], /Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$/)
  t.end()
})

await t.test('checkpoints come to a folder, a bucket and a git repository; one that is away gets the newest when it is back, and no other waits', async (t) => {
  const dir = testFolder(t)
  const s3 = await startS3Server(t)
  const repository = join(dir, 'repository.git')
  execFileSync('git', ['init', '--quiet', '--bare', repository])
  const { publisher, sign, key, metrics, journal } = await opened(t, dir, { to: { disk: { directory: 'out' }, archive: { s3: { bucket: 'audit', prefix: 'weir/', endpoint: s3.endpoint } }, repo: { git: { repository } } } })
  await publisher.publish()
  const one = await sign()
  await publisher.publish()
  const file = (name: string): string => readFileSync(join(dir, 'out', key.name, name), 'utf8')
  const inBucket = (name: string): string => s3.objects.get(`/audit/weir/${key.name}/${name}`)?.toString() ?? ''
  const inGit = (name: string): string => execFileSync('git', ['-C', repository, 'show', `main:${key.name}/${name}`], { encoding: 'utf8' })
  for (const read of [file, inBucket, inGit]) {
    t.equal(openCheckpoint(read('checkpoint'), key)?.size, one)
    t.equal(read(`checkpoints/${one}`), read('checkpoint'))
  }
  s3.refuse = 503
  rmSync(repository, { recursive: true })
  const two = await sign()
  for (let tries = 0; tries < 4; tries += 1) await publisher.publish()
  t.equal(openCheckpoint(file('checkpoint'), key)?.size, two)
  t.match(publisher.list(), [{ name: 'disk', size: two, problem: null }, { name: 'archive', size: one, problem: 'the store answered 503' }, { name: 'repo', size: one, problem: /git could not/ }])
  t.match(metrics(), /weir_publish_failing\{kind="destination",name="archive"\} 1\n.*name="repo"\} 1/)
  await journal.append(plainEvent('gateway-started'))
  t.equal(journal.head().index + 1 - two, 3, 'an entry for each that stays behind, once, and the one just made')
  s3.refuse = null
  execFileSync('git', ['init', '--quiet', '--bare', repository])
  const three = await sign()
  await publisher.publish()
  for (const read of [file, inBucket, inGit]) t.equal(openCheckpoint(read('checkpoint'), key)?.size, three)
  t.equal(s3.bad, 0)
  t.same(readdirSync(join(dir, 'out', key.name, 'checkpoints')).map(Number).sort((a, b) => a - b), [one, two, three])
})

await t.test('what is published carries the signatures of its witnesses, and nothing is without a quorum', async (t) => {
  const dir = testFolder(t)
  let logKey: NoteKey | null = null
  const keyNow = (): NoteKey => {
    if (logKey === null) throw new Error('no key')
    return logKey
  }
  const [a, b, c] = [await startWitness(t, 'witness.test/a', keyNow), await startWitness(t, 'witness.test/b', keyNow), await startWitness(t, 'witness.test/c', keyNow)]
  const settings = { quorum: 2, to: { disk: { directory: 'out' } }, witnesses: { a: { url: a.url, key: a.key }, b: { url: b.url, key: b.key }, c: { url: c.url, key: c.key } } }
  const { publisher, sign, key, open } = await opened(t, dir, settings)
  logKey = key
  const note = (): string => readFileSync(join(dir, 'out', key.name, 'checkpoint'), 'utf8')
  const signers = (): string[] => [a, b, c].flatMap((witness) => {
    const parsed = parseWitnessKey(witness.key)
    return parsed !== null && cosignatureIn(note(), parsed, Date.now()) !== null ? [parsed.name] : []
  })
  const one = await sign()
  c.mode = 'wrong'
  await publisher.publish()
  t.same(signers(), ['witness.test/a', 'witness.test/b'], 'not the one whose signature does not hold')
  t.equal(openCheckpoint(note(), key)?.size, one, 'it is still signed by the ledger')
  b.mode = 'away'
  const two = await sign()
  await publisher.publish()
  t.equal(openCheckpoint(note(), key)?.size, one)
  t.match(publisher.list(), [{ name: 'a', size: two }, { name: 'b', problem: 'the witness answered 503' }, { name: 'c', problem: /no signature of its key/ }, { name: 'disk', size: one, problem: '1 of 2 witnesses have cosigned the checkpoint' }])
  b.mode = 'sound'
  await publisher.publish()
  t.equal(openCheckpoint(note(), key)?.size, two)
  t.same(a.statuses, [200, 200], 'one that has cosigned a checkpoint is not asked again, and proofs of consistency hold')
  const later = open(settings)
  const three = await sign()
  await later.publish()
  t.equal(openCheckpoint(note(), key)?.size, three)
  t.same(a.statuses.slice(2), [409, 200], 'after a restart it asks what the witness knows')
  t.notOk(cosignatureIn(note().replace(/\n[0-9]+\n/, '\n1\n'), parseWitnessKey(a.key) ?? key, Date.now()), 'not of another tree')
  t.notOk(cosignatureIn(note(), parseWitnessKey(a.key) ?? key, 0), 'not of the future')
})

await t.test('a published checkpoint goes through verification with its witnesses: one that is missing or forged is found by both verifiers', async (t) => {
  const dir = testFolder(t)
  let logKey: NoteKey | null = null
  const keyNow = (): NoteKey => {
    if (logKey === null) throw new Error('no key')
    return logKey
  }
  const [a, b, stranger] = [await startWitness(t, 'witness.test/a', keyNow), await startWitness(t, 'witness.test/b', keyNow), await startWitness(t, 'witness.test/b', keyNow)]
  const { publisher, sign, key } = await opened(t, dir, { to: { disk: { directory: 'out' } }, witnesses: { a: { url: a.url, key: a.key }, b: { url: b.url, key: b.key } } })
  logKey = key
  const size = await sign()
  await publisher.publish()
  await sign()
  const published = readFileSync(join(dir, 'out', key.name, 'checkpoint'), 'utf8')
  const parts = join(dir, 'parts')
  const weir = async (...args: string[]): Promise<string> => {
    let text = ''
    await auditCommand({ ...processIo(), stdout (part) { text += part } }).parseAsync(['node', 'weir', ...args])
    return text
  }
  await weir('export', '--data-dir', join(dir, 'data'), '--to', parts)

  interface Asked { readonly note: string, readonly witnesses: readonly string[], readonly quorum?: number }
  /** What both say of the data directory and of an export; '' when it holds. */
  async function said ({ note, witnesses, quorum }: Asked): Promise<string> {
    const kept = join(dir, 'kept')
    writeFileSync(kept, note)
    const options = ['--key', verifierKey(key), '--checkpoint', kept, ...witnesses.flatMap((witness) => ['--witness', witness]), ...(quorum === undefined ? [] : ['--quorum', String(quorum)])]
    const answers: string[] = []
    for (const path of [join(dir, 'data'), parts]) {
      const alone = verifyLedger({ path, key: verifierKey(key), kept: [note], witnesses, ...(quorum === undefined ? {} : { quorum }) })
      const problem = await weir('verify', path, ...options).then((text) => { t.match(text, `cosigned   by ${witnesses.length > 1 ? 'witness.test/a, ' : ''}witness.test/`) }, (error: unknown) => error instanceof CommandFailed ? error.message : String(error))
      t.equal(alone.ok, problem === undefined)
      answers.push(problem ?? '', alone.problem ?? '')
    }
    const [first = ''] = answers
    t.ok(answers.every((answer) => answer === '' ? first === '' : first.includes(answer) || answer === first), answers.join(' | '))
    return first
  }
  const [, ofA = '', ofB = ''] = published.slice(published.lastIndexOf('\n\n') + 2).split(/(?<=\n)/)
  const both = [a.key, b.key]
  t.equal(await said({ note: published, witnesses: both }), '')
  t.match(await weir('verify', parts, '--key', verifierKey(key), '--checkpoint', join(dir, 'kept'), '--witness', a.key, '--witness', a.key), /cosigned {3}by witness\.test\/a\n$/, 'one that is named twice is one')
  t.match(await said({ note: published.replace(ofB, ''), witnesses: both }), /is not witnessed: 1 of 2 witnesses have cosigned it, not witness\.test\/b/)
  t.equal(await said({ note: published.replace(ofA, ''), witnesses: [b.key], quorum: 1 }), '')
  t.match(await said({ note: published.replace(ofA, '').replace(ofB, ''), witnesses: both, quorum: 1 }), /0 of 1 witnesses/)
  const bytes = Buffer.from(ofB.split(' ')[2] ?? '', 'base64')
  for (const at of [11, 75]) {
    const forged = Buffer.from(bytes)
    forged[at] = (forged[at] ?? 0) ^ 1
    t.match(await said({ note: published.replace(bytes.toString('base64'), forged.toString('base64')), witnesses: both, quorum: 1 }), /the cosignature of witness\.test\/b does not hold/, `byte ${at}`)
  }
  t.match(await said({ note: published, witnesses: [a.key, stranger.key] }), /1 of 2 witnesses/, 'the name alone says nothing')
  t.match(await said({ note: published.replace(`\n${size}\n`, `\n${size - 1}\n`), witnesses: [a.key] }), /the cosignature of witness\.test\/a does not hold/, 'nor a cosignature of another tree')
  await t.rejects(weir('verify', parts, '--key', verifierKey(key), '--witness', a.key), { message: /give one with --checkpoint/ })
  await t.rejects(weir('verify', parts, '--key', verifierKey(key), '--witness', verifierKey(key)), { message: /no key of a witness/ })
  await t.rejects(weir('verify', parts, '--key', verifierKey(key), '--witness', a.key, '--quorum', '2'), { message: /there are 1 witnesses/ })
  const byProcess = (...args: string[]): number | null => spawnSync(process.execPath, [SCRIPT, '--key', verifierKey(key), '--witness', a.key, ...args, parts], { stdio: 'ignore' }).status
  t.same([byProcess(), byProcess('--checkpoint', join(dir, 'out', key.name, 'checkpoint'), '--witness', b.key), byProcess('--checkpoint', join(dir, 'out', key.name, 'checkpoint'), '--witness', stranger.key)], [2, 0, 1])
})

await t.test('a set-up that cannot hold is refused', (t) => {
  const dir = testFolder(t)
  const load = (publish: object): (() => unknown) => () => loadConfig({ config: writeConfig(dir, { ledger: { publish } }) }, {}, dir)
  const to = { disk: { directory: 'out' } }
  const key = 'w+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  for (const publish of [{}, { to: {} }, { to, quorum: 1 }, { to, witnesses: { w: { url: 'https://w.test', key } } }, { to: { s: { s3: { bucket: 'audit', endpoint: 'http://s3.acme.test' } } } }, { to, every: '10ms' }, { to: { r: { git: { repository: '--upload-pack=x' } } } }]) {
    t.throws(load(publish), { code: 'WEIR_ERR_CONFIG_INVALID' }, JSON.stringify(publish))
  }
  t.end()
})
