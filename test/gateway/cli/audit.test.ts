import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import fc from 'fast-check'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { printable } from '../../../gateway/cli/entry-format.ts'
import { processIo, type Io } from '../../../gateway/cli/io.ts'
import { usageCommand } from '../../../gateway/cli/usage.ts'
import { csvLine } from '../../../gateway/ledger/csv-line.ts'
import { journalDirOf, openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { openCheckpoint } from '../../../gateway/transparency/checkpoint.ts'
import { logDirOf, openLedgerKey } from '../../../gateway/transparency/log-place.ts'
import { parseProof } from '../../../gateway/transparency/proof-text.ts'
import { parseVerifierKey } from '../../../gateway/transparency/signed-note.ts'
import { openTransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { createRecordings } from '../../../gateway/recordings/recordings.ts'
import { ALICE, BOB, decided, decisionBody, governWith, plainEvent } from '../ledger/bodies.ts'
import { ocsfProblems } from '../ledger/formats/ocsf-check.ts'
import { newKey, signedLedger } from '../transparency/signed-ledger.ts'
import { testFolder } from '../../support/test-folder.ts'

function opened (dataDir: string): Promise<Journal> {
  return openJournal({ dir: journalDirOf(dataDir), nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) } })
}

async function weir (dataDir: string, ...args: string[]): Promise<string> {
  let text = ''
  const io: Io = { ...processIo(), stdout (part) { text += part } }
  const program = new Command('weir').exitOverride().addCommand(auditCommand(io)).addCommand(usageCommand(io))
  await program.parseAsync(['node', 'weir', ...args, '--data-dir', dataDir])
  return text
}

async function verified (path: string): Promise<string> {
  let text = ''
  await auditCommand({ ...processIo(), stdout (part) { text += part } }).parseAsync(['node', 'weir', 'verify', path])
  return text
}

async function filled (dataDir: string): Promise<void> {
  const journal = await opened(dataDir)
  await journal.append(decisionBody('deny', ALICE))
  await journal.append(decisionBody('pending', BOB))
  const { permit } = await governWith(journal, decided('allow'))({ kind: 'model-request', provider: 'local', model: 'm', stream: true, bytes: 1 }, BOB)
  if (permit !== null) journal.settle(permit, 'done', { keyId: 'key_1', usage: { provider: 'local', model: '=m', inputTokens: 5, outputTokens: 6, cachedTokens: 0, reasoningTokens: 0, costNanoUsd: 2_500_000, priceSource: 'weir.yaml', unitPrices: 'input 0.1, output 0.2' } })
  await journal.append(plainEvent('session-stopped', { sessionSeconds: 31, containerSeconds: 30, milliCredits: 30_500, org: 'acme', groups: ['payments'] }, BOB))
  await journal.close()
}

await t.test('query filters and prints JSON, CSV and a table', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  const json = (await weir(dir, 'audit', 'query', '--verdict', 'deny', '--format', 'json')).trim().split('\n').map((line): unknown => JSON.parse(line))
  t.match(json, [{ index: 0, kind: 'decision', decision: { rule: 'weir.test_deny' } }])
  const csv = (await weir(dir, 'audit', 'query', '--actor', BOB.actor.id, '--format', 'csv')).trim().split('\n')
  t.equal(csv.length, 5, 'a heading, the two decisions, the outcome and the event')
  t.match(csv[3], /^3,.*,outcome,.*bob@acme\.test,shop,PROD,wses_bob/)
  t.equal((await weir(dir, 'audit', 'query', '--text', 'src/Cart.ts says', '--format', 'json')).trim().split('\n').length, 2)
  t.equal(await weir(dir, 'audit', 'query', '--text', 'carts', '--format', 'json'), '')
  const table = await weir(dir, 'audit', 'query', '--since', '1h', '--limit', '1')
  t.match(table, /INDEX.*RULE/)
  t.match(table, /session-stopped/)
  t.notMatch(table, /weir\.test_deny/)
})

await t.test('query and tail print OCSF and CloudEvents, a line each, named by the ledger and the entry', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  const lines = async (...args: string[]): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> => (await weir(dir, 'audit', ...args)).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  const ocsf = await lines('query', '--kind', 'outcome', '--format', 'ocsf')
  t.same(ocsf.flatMap(ocsfProblems), [])
  t.match(ocsf, [{ class_uid: 6003, actor: { user: { uid: BOB.actor.id } }, metadata: { uid: /^weir-ledger\/[0-9a-f]{16}\/3$/, correlation_uid: /\/2$/ } }])
  t.match(await lines('tail', '-n', '1', '--format', 'cloudevents'), [{ specversion: '1.0', id: '4', source: /^weir-ledger\//, type: 'weir.ledger.event.session-stopped', actor: BOB.actor.id, data: { index: 4 } }])
  t.same(await lines('query', '--format', 'jsonl'), await lines('query', '--format', 'json'))
})

await t.test('key, checkpoint, proof and consistency print what was signed, and refuse what was not', async (t) => {
  const dir = testFolder(t)
  await t.rejects(weir(dir, 'audit', 'key'), { message: /No ledger was signed yet/ })
  await filled(dir)
  await t.rejects(weir(dir, 'audit', 'key'), { message: /No ledger was signed yet/ }, 'a journal of before there were signatures')
  const journal = await opened(dir)
  const log = await openTransparencyLog({ dir: logDirOf(dir), journalDir: journalDirOf(dir), journal, privateKey: openLedgerKey(dir), checkpointMs: 3_600_000, onWarning: (message) => { throw new Error(message) } })
  await journal.close()
  await log.close()
  const key = parseVerifierKey((await weir(dir, 'audit', 'key')).trimEnd())
  const signed = key === null ? null : openCheckpoint(await weir(dir, 'audit', 'checkpoint'), key)
  t.equal(signed?.size, journal.head().index + 1)
  const proof = parseProof(await weir(dir, 'audit', 'proof', '1'))
  t.match([proof?.index, proof?.checkpoint], [1, await weir(dir, 'audit', 'checkpoint')])
  t.match(await weir(dir, 'audit', 'consistency', '2', '3'), /^[A-Za-z0-9+/]{43}=\n$/)
  const printed = (await weir(dir, 'audit', 'key')).trimEnd()
  t.match(await weir(dir, 'audit', 'verify', '--key', printed), /the first \d entries are those that were signed by weir-ledger\//)
  await t.rejects(weir(dir, 'audit', 'verify', '--key', printed.replace('weir', 'wier')), { message: /no key/ })
  rmSync(join(logDirOf(dir), 'checkpoint'))
  await t.rejects(weir(dir, 'audit', 'verify'), { message: /no signed checkpoint/ })
  writeFileSync(join(logDirOf(dir), 'checkpoint'), proof?.checkpoint ?? '')
  await t.rejects(weir(dir, 'audit', 'proof', '1000'), { message: /not signed yet/ })
  await t.rejects(weir(dir, 'audit', 'consistency', '3', '2'), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
})

await t.test('an export is what was signed, goes to a file of its owner alone, and is verified anywhere by a key', async (t) => {
  const elsewhere = testFolder(t)
  const dir = join(elsewhere, 'data')
  const { keyText } = await signedLedger(dir, newKey(), [30], 1)
  const all = await weir(dir, 'audit', 'export')
  t.equal(all.split('\n').length, 33, 'a header, the entries, and a last line')
  t.match(JSON.parse(all.split('\n')[1] ?? ''), { entry: { index: 0, kind: 'event' } })
  const file = join(dir, 'some.jsonl')
  t.equal(await weir(dir, 'audit', 'export', '--verdict', 'deny', '--out', file), '')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? ''), { filter: { verdict: 'deny' }, checkpoint: await weir(dir, 'audit', 'checkpoint') })
  t.match(await weir(elsewhere, 'audit', 'verify', file, '--key', keyText), /entries +2\nof +30 that were signed by weir-ledger.*cannot be shown\nthe export holds/s)
  await t.rejects(weir(elsewhere, 'audit', 'verify', file), { message: /key that is known already/ })
  await t.rejects(weir(elsewhere, 'audit', 'verify', file, '--key', keyText, '--checkpoint', file), { message: /too little/ })
  await t.rejects(weir(elsewhere, 'audit', 'verify', journalDirOf(dir), '--key', keyText), { message: /no signature to check/ })
  await t.rejects(weir(elsewhere, 'audit', 'verify', join(dir, 'none')), { message: /no ledger/ })
  writeFileSync(file, all.replace('"filler"', '"killer"'))
  await t.rejects(weir(elsewhere, 'audit', 'verify', file, '--key', keyText), { name: 'CommandFailed', message: /entry 0: line 2: the hash does not match/ })
})

await t.test('what takes long says how far it is where somebody reads it, or was asked to', async (t) => {
  const dir = testFolder(t)
  await signedLedger(dir, newKey(), [10], 1)
  const saidBy = async (hasTerminal: boolean, ...args: string[]): Promise<string> => {
    let said = ''
    await auditCommand({ ...processIo(), hasTerminal, stdout () {}, stderr (part) { said += part } }).parseAsync(['node', 'weir', ...args, '--data-dir', dir])
    return said
  }
  t.match(await saidBy(true, 'verify'), /^\r\d+ entries checked/)
  t.match(await saidBy(false, 'verify', '--progress'), /^\d+ entries checked\n/)
  t.match(await saidBy(false, 'export', '--progress'), /^10 entries read\n$/)
  t.equal(await saidBy(false, 'verify'), '')
})

await t.test('verify prints counts, rules, revisions and head, works while a gateway runs, and takes one file', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  const journal = await opened(dir)
  t.match(await verified(journalDirOf(dir)), new RegExp(`entries +5 .*1 allow, 1 pending, 1 deny.*head +${journal.head().hash}.*weir\\.test_deny.*r{64}.*the chain holds`, 's'))
  await journal.close()
  t.match(await verified(join(journalDirOf(dir), '00000000000000000000.jsonl')), /the chain holds/)
})

await t.test('verify of a changed ledger fails and names the entry', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  const file = join(journalDirOf(dir), '00000000000000000000.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('bob@acme.test', 'eve@acme.test'))
  await t.rejects(verified(file), { name: 'CommandFailed', message: /entry 1 \(00000000000000000000\.jsonl, line 3\)/ })
  appendFileSync(file, 'x')
  await t.rejects(weir(testFolder(t), 'audit', 'query'), { name: 'CommandFailed', message: /no ledger/ })
})

await t.test('a recorded terminal is printed while its file is what the ledger says, and not once it was changed', async (t) => {
  const dir = testFolder(t)
  const journal = await opened(dir)
  const recordings = createRecordings({ dataDir: dir, input: false, maxBytes: 65_536, ledger: journal, keys: () => [], nowMs: Date.now, onWarning: () => {} })
  const { id, add, close } = await recordings.open({ context: BOB, terminal: 'pty_1', request: 'r', secrets: [] })
  await add('o', 'as it was \u001b[1m\u009b')
  await close('closed')
  await journal.close()
  t.match((await weir(dir, 'audit', 'recording', id)).split('\n')[1], /"as it was \\u001b\[1m\\u009b"/)
  appendFileSync(join(dir, 'recordings', `${id}.cast`), '[9,"o","more"]\n')
  await t.rejects(weir(dir, 'audit', 'recording', id), { name: 'CommandFailed', message: /was changed/ })
  for (const none of ['rec_x', '../journal', `${id}x`]) await t.rejects(weir(dir, 'audit', 'recording', none), { name: 'CommandFailed', message: /no recording/ })
})

await t.test('tail prints the newest and then follows', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  t.equal((await weir(dir, 'audit', 'tail', '-n', '2', '--format', 'json')).trim().split('\n').length, 2)

  const journal = await opened(dir)
  const seen = new Promise<string>((resolve) => {
    let text = ''
    const io: Io = {
      ...processIo(),
      stdout (part) {
        text += part
        if (text.includes('"fresh"')) {
          resolve(text)
          // Following ends only with its process; here the reader goes away instead.
          throw new Error('the reader is gone')
        }
      },
    }
    const following = auditCommand(io).parseAsync(['node', 'weir', 'tail', '-f', '-n', '1', '--format', 'json', '--data-dir', dir])
    following.catch((error: unknown) => { t.match(error, { message: 'the reader is gone' }) })
  })
  await journal.append(plainEvent('fresh'))
  t.match((await seen).trim().split('\n').at(-1), /"name":"fresh"/)
  await journal.close()
})

await t.test('report says what was tried, allowed, denied and spent, as a table, JSON, and CSV that no spreadsheet runs', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  t.match(JSON.parse(await weir(dir, 'audit', 'report', '--by', 'session', '--format', 'json')), {
    by: 'session',
    currency: 'USD',
    rows: [
      { group: { session: 'wses_bob', actor: BOB.actor.id, app: 'shop', environment: 'PROD' }, tried: 2, allowed: 1, pending: 1, denied: 0, usage: { cost: '0.002500000', credits: '30.500', priceSources: ['weir.yaml'] } },
      { group: { session: 'wses_alice', environment: 'DEV' }, tried: 1, denied: 1, toolCalls: 1, tools: ['write-file'], usage: { requests: 0 } },
    ],
  })
  const journal = await opened(dir)
  await journal.append(decisionBody('deny', { ...ALICE, actor: { ...ALICE.actor, id: '=HYPERLINK("x")' } }))
  await journal.close()
  t.match(await weir(dir, 'audit', 'report', '--env', 'DEV', '--format', 'csv'), /^actor,environment,tried,.*,cost,.*,currency,.*credits\n"'=HYPERLINK\(""x""\)",DEV,1,0,0,1,.*\nalice@acme\.test,DEV,1,/)
  t.match(await weir(dir, 'audit', 'report'), /^actor.*\nbob@acme\.test +PROD +2 .* 0\.002500000 USD +30\.500\n.*prices: weir\.yaml\n$/s)
  t.match(await weir(dir, 'audit', 'report', '--by', 'rule', '--actor', BOB.actor.id), /^rule .*\nweir\.test_allow +PROD +1 +1 +0 +0 .*\nweir\.test_pending +PROD +1 +0 +1 +0 [^$]*$/)
})

await t.test('usage shows spend and credits side by side', async (t) => {
  const dir = testFolder(t)
  await filled(dir)
  t.match(JSON.parse(await weir(dir, 'usage', '--group', 'actor,app,env', '--format', 'json')), {
    currency: 'USD',
    rows: [{
      group: { actor: BOB.actor.id, app: 'shop', environment: 'PROD' },
      requests: 1,
      inputTokens: 5,
      outputTokens: 6,
      costNanoUsd: 2_500_000,
      cost: '0.002500000',
      priceSources: ['weir.yaml'],
      unitPrices: ['local/=m: input 0.1, output 0.2'],
      sessions: 1,
      sessionSeconds: 31,
      containerSeconds: 30,
      milliCredits: 30_500,
      credits: '30.500',
    }],
  })
  const csv = (await weir(dir, 'usage', '--group', 'org,group,model,key', '--format', 'csv')).split('\n')
  t.match(csv[0], /^org,group,model,key,requests,.*cost_nano_usd,cost,estimated_cost,currency,price_sources,unit_prices,.*credits$/)
  t.equal(csv[1], 'acme,payments,\'=m,key_1,1,0,0,0,0,0,5,0,0,0,0,6,0,0,2500000,0.002500000,0.000000000,USD,weir.yaml,"local/=m: input 0.1, output 0.2",0,0,0,0,0.000')
  t.equal(csv[2], 'acme,payments,,,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0.000000000,0.000000000,USD,,,1,0,31,30,30.500')
  t.match(await weir(dir, 'usage'), /cost .*\n.*0\.002500 USD.*30\.500\nprices: weir\.yaml\nUSD for a million tokens: local\/=m: input 0\.1, output 0\.2\n$/)
  t.match(await weir(dir, 'usage', '--seats'), /^month +org +seats +limit +released\n$/)
  t.match(await weir(dir, 'usage', '--since', '1h', '--until', '2020-01-01'), /prices: none/)
})

await t.test('no text of an entry reaches a terminal as a control sequence', async (t) => {
  t.equal(printable('\u001b[2Jgone\u202e\n'), '\\u{1b}[2Jgone\\u{202e}\\u{a}')
  // eslint-disable-next-line no-control-regex
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\u0000-\u001f\u007f-\u009f]/.test(printable(text))))
})

await t.test('a CSV cell is never a formula, and quotes hold', async (t) => {
  t.equal(csvLine(['=1+1', '-1', '@x', 'a"b,c', '-cmd']), '\'=1+1,-1,\'@x,"a""b,c",\'-cmd')
  t.equal(csvLine(['\n=1', '\r=1', '\t=1']), '"\'\n=1","\'\r=1",\'\t=1')
  t.equal(csvLine(['＝1', '＋1', '－1', '＠x', 'x＝1']), '\'＝1,\'＋1,\'－1,\'＠x,x＝1')
})
