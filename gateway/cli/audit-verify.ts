import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { journalDirOf } from '../ledger/journal.ts'
import { verifyJournal, type VerifyReport } from '../ledger/verify-journal.ts'
import { isExportAt } from '../transparency/export-lines.ts'
import type { Checkpoint } from '../transparency/checkpoint.ts'
import { checkWitnesses } from '../transparency/check-witnesses.ts'
import { parseWitnessKey } from '../transparency/cosignature.ts'
import { ledgerKeyFileOf, logDirOf, noteKeyOf } from '../transparency/log-place.ts'
import { parseVerifierKey, type NoteKey } from '../transparency/signed-note.ts'
import { verifyExport, type ExportReport } from '../transparency/verify-export.ts'
import { verifyLog, type LogProblem, type LogReport } from '../transparency/verify-log.ts'
import { parseCount, type PlaceOptions } from './audit-filter.ts'
import { listedIn } from './index-trust.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { progressOf } from './progress.ts'

interface VerifyOptions extends PlaceOptions {
  readonly json?: boolean
  readonly key?: string
  readonly checkpoint?: readonly string[]
  readonly index?: readonly string[]
  readonly indexKey?: string
  readonly witness?: readonly string[]
  readonly quorum?: number
  readonly progress?: boolean
}

/** What stands between a caller and `verifyLog` or `verifyExport`: by whose key, against which checkpoints. */
interface Trust { readonly key: NoteKey | null, readonly kept: readonly string[], readonly heads: readonly Checkpoint[], readonly onProgress: (entries: number) => void }

/** `weir audit verify`: of a data directory, whether a gateway runs or not, or of an export on any machine. */
export function verifyCommand (io: Io): Command {
  return new Command('verify')
    .description('check every hash, index and header of the ledger, and that it is what was signed; exit code 1 names the first bad entry')
    .argument('[path]', 'an export (a file, or the folder of one in parts), a data directory, a journal folder or one segment file; the last two have no signature (default: the data directory)')
    .option('--json', 'print JSON')
    .option('--key <key>', 'the key that must have signed the ledger, as weir audit key prints it (default: that of the data directory)')
    .option('--checkpoint <file>', 'a signed checkpoint that you kept: the ledger must hold all of it; may be given several times', gathered)
    .option('--witness <key>', 'a witness that must have cosigned each of these checkpoints (name+id+key); may be given several times', gathered)
    .option('--quorum <count>', 'how many of the witnesses must have (default: all)', parseCount)
    .option('--index <file>', 'an index of all replicas\' ledgers, as weir audit index publishes it: this one must be in it, and hold what it lists; may be given several times', gathered)
    .option('--index-key <key>', 'the key that must have signed the index, as weir audit index prints it; with --index')
    .option('--progress', 'say on standard error how far it is, also when that is no terminal')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (path: string | undefined, options: VerifyOptions) => {
      const progress = progressOf(io, 'entries checked', options.progress)
      const of = path === undefined ? io.dataDir(options) : resolve(io.cwd, path)
      const listed = options.index === undefined ? null : await listedIn({ files: options.index.map((file) => resolve(io.cwd, file)), keyText: options.indexKey, path: of })
      const trust = { key: keyIn(options) ?? listed?.key ?? null, kept: keptIn(io, options), heads: listed?.heads ?? [], onProgress: progress.show }
      const witnessed = witnessesOf(trust.kept, options)
      const end = await verify(of, trust, path === undefined).finally(progress.clear)
      io.stdout(options.json === true ? `${JSON.stringify({ ...end.report, ...(witnessed === null ? {} : { witnessed }), ...(listed === null ? {} : { index: listed.index }) }, null, 2)}\n` : `${end.text}${listed?.text ?? ''}${witnessed === null ? '' : `cosigned   by ${witnessed.join(', ')}\n`}`)
      if (end.failure !== null) throw new CommandFailed(end.failure)
    })
}

interface End { readonly report: object, readonly text: string, readonly failure: string | null }

async function verify (path: string, trust: Trust, isDefault: boolean): Promise<End> {
  const journalDir = journalDirOf(path)
  const isDataDir = isDefault || existsSync(journalDir)
  if (!existsSync(isDataDir ? journalDir : path)) throw new CommandFailed(`There is no ledger at ${path}.`)
  if (isDataDir) return ofDataDir(path, trust)
  if (await isExportAt(path)) return ofExport(path, trust)
  if (trust.key !== null || trust.kept.length > 0) throw new CommandFailed('A journal alone has no signature to check: name the data directory that has its ledger-log as well, or an export.')
  return ofJournal(await verifyJournal(path, trust.onProgress), null)
}

async function ofDataDir (dataDir: string, { key, kept, heads, onProgress }: Trust): Promise<End> {
  const journalDir = journalDirOf(dataDir)
  // A journal that no gateway with a key has had yet passes, unless somebody says that it was signed.
  const isSigned = key !== null || kept.length > 0 || existsSync(ledgerKeyFileOf(dataDir))
  const [atEntry, atLeaf] = lesserOf(isSigned, onProgress)
  // Both at once: each takes a core. What the tree is of counts only if the entries are true to their hashes.
  const [report, signed] = await Promise.all([
    verifyJournal(journalDir, atEntry),
    isSigned ? ofLog().catch((thrown: unknown) => ({ thrown })) : null,
  ])
  if (!report.ok || signed === null) return ofJournal(report, null)
  if ('thrown' in signed) throw signed.thrown
  return ofJournal(report, signed)

  async function ofLog (): Promise<LogReport & { readonly origin: string }> {
    const by = key ?? await noteKeyOf(dataDir, journalDir)
    if (by === null) throw new CommandFailed('Nothing of this ledger was signed yet.')
    return { ...await verifyLog({ dir: logDirOf(dataDir), journalDir, key: by, kept, heads, onProgress: atLeaf }), origin: by.name }
  }
}

/** Listeners of two checks that run at once, or of the first alone: what both are through with is told. */
function lesserOf (both: boolean, onProgress: (entries: number) => void): readonly [(entries: number) => void, (entries: number) => void] {
  let [first, second] = [0, both ? 0 : Infinity]
  const tell = (): void => { onProgress(Math.min(first, second)) }
  return [(entries) => { first = entries; tell() }, (entries) => { second = entries; tell() }]
}

function ofJournal (report: VerifyReport, signed: LogReport & { readonly origin: string } | null): End {
  const bad = report.firstBad
  const problem = signed === null ? null : signed.problem ?? unsigned(report.expired, signed.size)
  const seal = signed === null ? '' : problem === null ? `the first ${signed.size} entries are those that were signed by ${signed.origin}\n` : 'THE SIGNED LEDGER DOES NOT HOLD\n'
  const failure = bad !== null
    ? `the ledger does not hold: ${entriesOf(bad.index, bad.last ?? bad.index)} (${bad.file}, line ${bad.line}): ${bad.problem}`
    : problem === null ? null : `the signed ledger does not hold: ${placed(problem)}${problem.problem}`
  return { report: { ...report, ok: failure === null, signed: signed === null ? null : { ...signed, problem } }, text: `${reportText(report)}${seal}`, failure }
}

/** That entries expired must be signed before they go: what says so has to stand among what is signed. */
function unsigned ({ coveredBy }: VerifyReport['expired'], size: number | null): LogProblem | null {
  if (size === null || coveredBy < size) return null
  return { index: coveredBy, last: coveredBy, problem: `it says that entries expired, and only ${size} entries are signed` }
}

async function ofExport (path: string, { key, kept, heads, onProgress }: Trust): Promise<End> {
  // What comes with a file says nothing of who made it: the key has to come by another way.
  if (key === null) throw new CommandFailed('An export is verified by a key that is known already: give it with --key, as weir audit key printed it.')
  const report = await verifyExport({ path, key, kept, heads, onProgress })
  if (report.filter !== null && kept.length + heads.length > 0) throw new CommandFailed('An export by a filter holds too little to be compared with a checkpoint that you kept, or with an index; one of the whole ledger does.')
  const bad = report.firstBad
  const failure = bad === null ? null : `the export does not hold: ${placed(bad)}${bad.file === null ? '' : `${bad.file}, `}line ${bad.line}: ${bad.problem}`
  return { report: { ...report, origin: key.name }, text: exportText(report, key), failure }
}

function exportText ({ ok, entries, size, filter }: ExportReport, { name }: NoteKey): string {
  const what = filter === null ? 'all of them' : `those of ${JSON.stringify(filter)}; that none of these is missing cannot be shown`
  const lines = [
    `entries    ${entries}${ok ? '' : ' before the first bad line'}`,
    ...(size === null ? [] : [`of         ${size} that were signed by ${name}, ${what}`]),
    ok ? 'the export holds' : 'THE EXPORT DOES NOT HOLD',
  ]
  return `${lines.join('\n')}\n`
}

function placed ({ index, last }: LogProblem): string {
  if (index === null) return ''
  return `${entriesOf(index, last ?? index)}: `
}

function entriesOf (index: number, last: number): string {
  return last === index ? `entry ${index}` : `entries ${index} to ${last}`
}

function keyIn ({ key }: VerifyOptions): NoteKey | null {
  const parsed = key === undefined ? null : parseVerifierKey(key)
  if (key !== undefined && parsed === null) throw new CommandFailed('This is no key: give what weir audit key printed.')
  return parsed
}

function keptIn (io: Io, { checkpoint = [] }: VerifyOptions): readonly string[] {
  return checkpoint.map((file) => {
    const path = resolve(io.cwd, file)
    if (!existsSync(path)) throw new CommandFailed(`There is no file ${file}.`)
    return readFileSync(path, 'utf8')
  })
}

/** Who cosigned every checkpoint that was kept; null when nobody had to. @throws CommandFailed when too few did, or one of them did not */
function witnessesOf (kept: readonly string[], { checkpoint = [], witness = [], quorum }: VerifyOptions): readonly string[] | null {
  const keys = [...new Set(witness)].map((text) => {
    const key = parseWitnessKey(text)
    if (key === null) throw new CommandFailed(`This is no key of a witness: ${text}`)
    return key
  })
  if (quorum !== undefined && quorum > keys.length) throw new CommandFailed(`The quorum is ${quorum}, and there are ${keys.length} witnesses.`)
  if (keys.length === 0) return null
  if (kept.length === 0) throw new CommandFailed('Witnesses cosign the checkpoints that are published: give one with --checkpoint.')
  const found = kept.map((note, at) => {
    const checked = checkWitnesses(note, { keys, quorum: quorum ?? keys.length }, Date.now())
    if ('problem' in checked) throw new CommandFailed(`The checkpoint ${checkpoint[at] ?? ''} is not witnessed: ${checked.problem}.`)
    return checked.by
  })
  return keys.map(({ name }) => name).filter((name) => found.every((by) => by.includes(name)))
}

function gathered (file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file]
}

function reportText (report: VerifyReport): string {
  const { decisions } = report
  const range = report.entries === 0 ? '' : ` (${report.firstIndex} to ${report.lastIndex})`
  const lines = [
    `entries    ${report.entries}${range}${report.ok ? '' : ' before the first bad one'}`,
    `decisions  ${decisions.allow} allow, ${decisions.pending} pending, ${decisions.deny} deny; ${report.unsettled} without an outcome`,
    `head       ${report.headHash}`,
    ...(report.expired.entries === 0 ? [] : [`expired    ${report.expired.entries}, each as an entry of the ledger says`]),
    ...counted('rule', report.rules),
    ...counted('revision', report.revisions),
    ...(report.tail === 'incomplete' ? ['tail       incomplete: being written, or cut off at the next start'] : []),
    report.firstBad === null ? 'the chain holds' : 'THE CHAIN IS BROKEN',
  ]
  return `${lines.join('\n')}\n`
}

function counted (name: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).sort(([, a], [, b]) => b - a).map(([value, count]) => `${name.padEnd(9)}  ${value}  ${count}`)
}
