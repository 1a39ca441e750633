import fc from 'fast-check'
import { ENVIRONMENTS } from '../../../gateway/core/actor.ts'
import { BUDGET_LIMITS, BUDGET_MODES } from '../../../gateway/core/budget.ts'
import { WEEKDAYS } from '../../../gateway/core/circumstances.ts'
import { RELEASE_ACTIONS } from '../../../gateway/core/subject.ts'
import { ACCESSES, CONTENT_SIGNS, PATH_CLASSES, PERMISSIONS, TOOLS } from '../../../gateway/core/tool-call.ts'

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3 })
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const word = pick('npm', 'git', 'ls', 'curl', 'sudo', 'node', 'frobnicate', 'python3', '-e', '-c', '--no-pager', '-C', 'status', 'push', 'test', '--ext-diff', './ls', '/usr/bin/ls', 'SHELL=x', '')
const argv = fc.array(word, { minLength: 1, maxLength: 5 })
const target = fc.record({
  path: fc.oneof(text, pick('.env', 'src/a.ts', '/tmp/x', '/dev/null', '/etc/passwd', '.', '*')),
  class: pick(...PATH_CLASSES),
  access: pick(...ACCESSES),
})
const command = fc.record({
  text,
  programs: fc.array(argv.map((words) => ({ name: words[0]?.split('/').at(-1), argv: words })), { maxLength: 3 }),
  opaque: fc.boolean(),
  problems: fc.array(pick('eval', 'inline-code', 'dynamic-program'), { maxLength: 2 }),
  network: fc.boolean(),
  writes: fc.array(text, { maxLength: 2 }),
  reads: fc.array(text, { maxLength: 2 }),
})
const cents = fc.nat({ max: 50_000 }).map((count) => count / 100)
const budgetUse = fc.record({ budget: text, account: text, limit: pick(...BUDGET_LIMITS), max: cents, used: nullable(cents), mode: pick(...BUDGET_MODES) })
const person = pick('alice@acme.test', 'bob@acme.test', 'carol@acme.test')

/** Inputs of the shape the host builds, with every part drawn at random. */
export const wholeInput = fc.record({
  kind: pick('tool-call', 'tool-call', 'tool-call', 'route', 'model-request', 'session', 'approval', 'release'),
  actor: fc.record({ id: person, role: pick('reader', 'author', 'contributor', 'approver', 'operator', 'auditor', 'nobody'), groups: fc.array(text, { maxLength: 2 }), org: text }),
  app: text,
  environment: pick('DEV', 'TEST', 'PROD'),
  session: fc.constant(null),
  permission: nullable(pick(...PERMISSIONS)),
  tool: nullable(fc.record({ name: pick(...TOOLS), native: pick('bash', 'edit', 'todowrite', 'corp_tool'), protocol: pick('opencode'), args: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 2 }) })),
  targets: fc.array(target, { maxLength: 4 }),
  command: nullable(command),
  url: nullable(fc.record({ url: text, scheme: pick('https', 'http', 'file'), host: pick('docs.test', '127.0.0.1'), port: fc.integer({ min: 0, max: 65_535 }), address: pick('public', 'private', 'loopback', 'name', 'invalid') })),
  content: nullable(fc.record({ signs: fc.uniqueArray(pick(...CONTENT_SIGNS)), secrets: fc.array(pick('.env', '~/.ssh/id_rsa'), { maxLength: 2 }) })),
  model: nullable(fc.record({ provider: pick('local', 'remote'), id: pick('qwen3-coder', 'm'), stream: fc.boolean(), bytes: fc.integer({ min: 0, max: 40_000_000 }), scanned: fc.boolean(), findings: fc.array(fc.record({ rule: pick('github', 'aws'), kind: pick('secret', 'private'), count: fc.nat() }), { maxLength: 2 }) })),
  route: nullable(fc.record({ method: pick('GET', 'POST'), path: text, class: pick('chat', 'pty', 'read-meta', 'weir-audit', 'observe'), owner: nullable(fc.record({ id: text, role: text, groups: fc.array(text, { maxLength: 2 }) })) })),
  approval: nullable(fc.record({ id: text, by: nullable(person), requestedBy: person, ageMs: fc.nat(), scope: pick('once', 'session', 'until'), standsMs: nullable(fc.nat()) })),
  release: nullable(fc.record({ id: text, digest: text, action: pick(...RELEASE_ACTIONS), madeBy: person, live: fc.uniqueArray(pick(...ENVIRONMENTS)), checks: fc.array(pick('test', 'lint', ''), { maxLength: 3 }), from: nullable(text) })),
  time: nullable(fc.record({ day: pick(...WEEKDAYS), clock: pick('00:00', '08:59', '09:00', '17:30', '23:59') })),
  usage: nullable(fc.array(budgetUse, { maxLength: 3 })),
  seats: nullable(fc.record({ limit: nullable(fc.nat({ max: 3 })), used: nullable(fc.nat({ max: 3 })), member: fc.boolean(), idle_days: nullable(fc.nat({ max: 3 })) })),
  delegation: nullable(fc.record({ running: fc.nat({ max: 3 }), total: fc.nat({ max: 3 }) })),
  containment: fc.constantFrom(null, 'none' as const),
  now_ms: fc.integer({ min: 0 }),
})

const everyday = fc.record({
  name: pick('npm', 'git', 'ls', 'frobnicate', 'python3'),
  args: fc.array(pick('test', 'status', '-C', '--no-pager', 'src', '-q'), { maxLength: 3 }),
}).map(({ name, args }) => ({ name, argv: [name, ...args] }))

/** Calls as agents make them: random inputs alone are nearly all denied. */
export const likelyInput = fc.record({
  whole: wholeInput,
  role: pick('author', 'contributor', 'operator', 'reader'),
  environment: pick('DEV', 'DEV', 'TEST', 'PROD'),
  permission: pick('review', 'chat', 'edit', 'dependency'),
  tool: pick('read-file', 'write-file', 'run-shell', 'search'),
  target: fc.record({ path: pick('src/a.ts', 'package.json', '/tmp/x'), class: pick('source', 'test', 'dependency', 'ci'), access: pick(...ACCESSES) }),
  programs: fc.array(everyday, { minLength: 1, maxLength: 2 }),
}).map(({ whole, role, environment, permission, tool, target, programs }) => ({
  ...whole,
  kind: 'tool-call',
  actor: { ...whole.actor, role },
  environment,
  permission,
  tool: { name: tool, native: 'native', protocol: 'opencode', args: {} },
  targets: [target],
  command: tool === 'run-shell' ? { text: 'x', programs, opaque: false, problems: [], network: false, writes: [], reads: [] } : null,
  url: null,
  content: null,
}))

/** Whole inputs with some parts taken away or replaced by anything. */
export const brokenInput = fc.tuple(wholeInput, fc.array(fc.tuple(pick('kind', 'actor', 'environment', 'permission', 'tool', 'targets', 'command', 'model', 'route', 'approval'), fc.option(fc.jsonValue({ maxDepth: 3 }), { nil: undefined })), { minLength: 1, maxLength: 3 }))
  .map(([whole, changes]) => JSON.parse(JSON.stringify({ ...whole, ...Object.fromEntries(changes) })) as unknown)
