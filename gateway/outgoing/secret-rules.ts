import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import type { SecretLintRuleContext, SecretLintRuleReportDescriptor, SecretLintRuleReportHandler, SecretLintSourceCode } from '@secretlint/types'
import { MIN_RUN } from './runs.ts'

/** A secret in a text: units `[start, end)`. `rule` names the kind of it, never what it says. */
export interface TextSpan { readonly start: number, readonly end: number, readonly rule: string }

type Report = (descriptor: SecretLintRuleReportDescriptor) => void
interface Rule { readonly name: string, readonly handler: SecretLintRuleReportHandler }

const PREFIX = '@secretlint/secretlint-rule-'
// `filter-comments` lets a comment in the text switch the rules off: text of a prompt must not. `gcp` reads files; the key in a service
// account's file is a private key all the same.
const LEFT_OUT: ReadonlySet<string> = new Set(['filter-comments', 'gcp'])
const OPTIONS = { allows: [], enableIDScanRule: true } // off by default, it would leave AWS access key ids out
const HARMLESS_MESSAGES: ReadonlySet<string> = new Set(['AWSAccountID']) // twelve digits that AWS itself does not call secret
const NPMRC_MARK = '_authToken='
const NPMRC_PATH = '.npmrc'
const PACKAGE_PATH = 'package.json' // the npm rule looks for credentials in repository addresses only there
const ENDS_WORD = /["'`<>\\\s]/

/** Finds secrets in text. Of the same text always the same, in no order; spans may overlap. */
export type FindSecrets = (text: string) => readonly TextSpan[]

/**
 * The recommended rules of secretlint, without its engine: that keeps a record of each run for its profiler, for ever, and takes ten times
 * as long to set up as the rules take.
 */
export function createSecretRules (): FindSecrets {
  let found: TextSpan[] = []
  let text = ''
  const ready = rules.flatMap((rule): Rule[] => {
    const name = rule.meta.id.slice(PREFIX.length)
    if (LEFT_OUT.has(name)) return []
    return [{ name, handler: rule.create(contextOf((descriptor) => { found.push(...spanOf(name, text, descriptor)) }), OPTIONS) }]
  })
  const npm = ready.filter(({ name }) => name === 'npm')
  return (given) => {
    found = []
    text = given
    run(ready, text, PACKAGE_PATH)
    if (text.includes(NPMRC_MARK)) run(npm, text, NPMRC_PATH)
    text = ''
    return found
  }
}

function run (ready: readonly Rule[], text: string, path: string): void {
  const source = sourceOf(text, path)
  for (const { handler } of ready) {
    // None of these rules waits for anything: a promise would be a rule that is not the one that was pinned.
    if (handler.file?.(source) !== undefined) throw new TypeError('a secret rule does not answer at once')
  }
}

function contextOf (report: Report): SecretLintRuleContext {
  return {
    sharedOptions: {},
    createTranslator: () => (messageId, data) => ({ message: '', messageId: String(messageId), data: data ?? {} }),
    report,
    ignore: () => undefined,
  }
}

// The rules read nothing but this of a source.
function sourceOf (content: string, filePath: string): SecretLintSourceCode {
  return {
    hasBOM: false,
    content,
    filePath,
    ext: '',
    contentType: 'text',
    getFilePath: () => undefined,
    getPhysicalFilePath: () => undefined,
    locationToRange: () => [0, 0],
    rangeToLocation: () => ({ start: { line: 1, column: 0 }, end: { line: 1, column: 0 } }),
    positionToIndex: () => 0,
    indexToPosition: () => ({ line: 1, column: 0 }),
  } as unknown as SecretLintSourceCode
}

function spanOf (rule: string, text: string, { message: { messageId, data }, range: [from, to] }: SecretLintRuleReportDescriptor): readonly TextSpan[] {
  if (HARMLESS_MESSAGES.has(String(messageId))) return []
  // Some rules report the length of the secret at the place of its label: where it really stands, its own text says.
  const value: unknown = Object.values(data as Record<string, unknown> ?? {}).find((part) => typeof part === 'string' && part.length === to - from)
  const at = typeof value === 'string' ? text.indexOf(value, from) : from
  if (at === -1) throw new TypeError('a secret rule reports what is not there')
  const [skipped, length] = narrowed(String(messageId), text.slice(at, at + to - from))
  const start = at + skipped
  return length >= MIN_RUN ? [{ start, end: start + length, rule }] : []
}

// Some patterns take in what stands around the secret, up to white space, across the quotes of program text and of JSON inside of text.
function narrowed (messageId: string, match: string): readonly [skipped: number, length: number] {
  switch (messageId) {
    case 'Npmrc_authToken': {
      const skipped = /^["'`\\]*/.exec(match)?.[0].length ?? 0
      return [skipped, wordLength(match.slice(skipped))]
    }
    case 'PackageJSON_xOauthToken': {
      const skipped = match.search(/[^"'`<>\\\s/]*$/)
      return [skipped, match.length - skipped]
    }
    case 'MongoDBConnection': case 'MySQLConnection': case 'PostgreSQLConnection': {
      const length = wordLength(match)
      return [0, length > match.indexOf('@') ? length : 0]
    }
    default: return [0, match.length]
  }
}

function wordLength (text: string): number {
  const end = text.search(ENDS_WORD)
  return end === -1 ? text.length : end
}
