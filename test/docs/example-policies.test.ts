import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { parse } from 'yaml'
import { ConfigSchema } from '../../gateway/config-schema.ts'
import { processIo } from '../../gateway/cli/io.ts'
import { policyCommand } from '../../gateway/cli/policy/policy.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { startBundleServer } from '../support/bundle-server.ts'
import { WRITE } from '../support/policy-inputs.ts'
import { runScript } from './run-script.ts'
import { testFolder } from '../support/test-folder.ts'

const EXAMPLE = join(packageRoot(), 'examples', 'policies')
const ENV = { WEIR: join(packageRoot(), 'bin', 'weir.js'), WEIR_LIBRARY: join(packageRoot(), 'policies') }

const text = (file: string): string => readFileSync(join(EXAMPLE, file), 'utf8')

/** A copy of the example as its users have it: `ci.sh` writes beside itself. */
function copyOfExample (dir: string): string {
  cpSync(EXAMPLE, dir, { recursive: true })
  return dir
}

/** The shell lines of a pipeline, wherever they stand in it. */
function scriptsIn (node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(scriptsIn)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === 'run' && typeof value === 'string') return [value]
    if (/^(before_)?script$/.test(key) && Array.isArray(value)) return value.filter((line) => typeof line === 'string')
    return scriptsIn(value)
  })
}

await t.test('both pipelines are YAML, and run verbs that ci.sh has and nothing of Weir beside it', async (t) => {
  const verbs = [...text('ci.sh').matchAll(/^ {2}(\w+)\) /gm)].map(([, verb]) => verb ?? '')
  t.same(verbs, ['verify', 'replay', 'release'])
  for (const file of ['.github/workflows/policy.yml', '.gitlab-ci.yml']) {
    const scripts = scriptsIn(parse(text(file), { uniqueKeys: true }))
    const used = scripts.flatMap((script) => [...script.matchAll(/\.\/ci\.sh (\w+)/g)].map(([, verb]) => verb ?? ''))
    t.same([...new Set(used)].sort(), [...verbs].sort(), `${file} runs each verb`)
    t.notMatch(scripts.join('\n'), /\bweir\b/, `${file} leaves the commands to ci.sh`)
  }
})

await t.test('every command and option that ci.sh uses exists', async (t) => {
  const commands = policyCommand(processIo()).commands
  const lines = [...text('ci.sh').matchAll(/^ +weir policy (\w+)(.*)$/gm)]
  t.same([...new Set(lines.map(([, name]) => name))].sort(), ['build', 'check', 'push', 'replay', 'sign', 'test'])
  for (const [line, name, rest] of lines) {
    const command = commands.find((known) => known.name() === name)
    const options = [...(rest ?? '').matchAll(/(--[a-z-]+)/g)].map(([, option]) => option)
    for (const option of options) t.ok(command?.options.some(({ long }) => long === option), `${line.trim()}: ${option ?? ''}`)
  }
})

await t.test('the gateway configuration of the example is valid', async (t) => {
  t.ok(Compile(ConfigSchema).Check(parse(text('weir.yaml'))))
})

await t.test('ci.sh verifies and releases what the example holds, and replay fails only on a change', async (t) => {
  const dir = copyOfExample(testFolder(t))
  const server = await startBundleServer({ token: 'of-the-bundle-server' })
  t.teardown(() => server.close())
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const released = await runScript('bash', ['ci.sh', 'release'], dir, {
    ...ENV,
    BUNDLE_URL: server.url,
    BUNDLE_TOKEN: 'of-the-bundle-server',
    WEIR_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    WEIR_SIGNING_KEY_ID: 'acme-2026',
  })
  t.equal(released.code, 0, released.output)
  t.match(released.output, /coverage 100\.0 %[\s\S]*signed by ES256[\s\S]*revision [0-9a-f]{64} is at/)
  t.same(server.requests.filter(({ method }) => method === 'PUT').map(({ status }) => status), [201])

  const recorded = join(dir, 'recorded.jsonl')
  writeFileSync(recorded, `${JSON.stringify(recordedDecision('allow'))}\n`)
  t.equal((await runScript('bash', ['ci.sh', 'replay', 'recorded.jsonl'], dir, ENV)).code, 0, 'the same decision')
  writeFileSync(recorded, `${JSON.stringify(recordedDecision('deny'))}\n`)
  t.equal((await runScript('bash', ['ci.sh', 'replay', 'recorded.jsonl'], dir, ENV)).code, 1, 'another decision')
  t.equal((await runScript('bash', ['ci.sh', 'replay', 'recorded.jsonl'], dir, { ...ENV, EXPECT_CHANGES: 'yes' })).code, 0, 'another decision that was looked at')
})

await t.test('ci.sh without a verb says what there is and fails', async (t) => {
  const ran = spawnSync('bash', [join(EXAMPLE, 'ci.sh')], { encoding: 'utf8' })
  t.equal(ran.status, 2)
  t.match(ran.stderr, /\.\/ci\.sh verify/)
})

await t.test('assembling without a library says what to do', async (t) => {
  const dir = copyOfExample(testFolder(t))
  const ran = spawnSync(process.execPath, ['assemble.mjs', join(dir, 'nowhere')], { cwd: dir, encoding: 'utf8' })
  t.equal(ran.status, 1)
  t.match(ran.stderr, /no rule library/)
  t.notOk(existsSync(join(dir, 'build')))
})

await t.test('what is assembled is the library with the patches merged, and the library is left alone', async (t) => {
  const dir = copyOfExample(testFolder(t))
  execFileSync(process.execPath, ['assemble.mjs', ENV.WEIR_LIBRARY], { cwd: dir })
  const data = (name: string, root: string): Record<string, Record<string, unknown>> => JSON.parse(readFileSync(join(root, 'weir', 'data', name, 'data.json'), 'utf8')) as Record<string, Record<string, unknown>>
  const { contractor, ...grants } = data('grants', join(dir, 'build', 'policies'))
  t.same(contractor, { DEV: { review: 'allow', chat: 'allow' } })
  t.same(grants, data('grants', ENV.WEIR_LIBRARY))
})

function recordedDecision (verdict: 'allow' | 'deny'): object {
  const rule = verdict === 'allow' ? 'grants.granted' : 'grants.not_granted'
  return {
    kind: 'decision',
    plane: 'api',
    input: WRITE,
    decision: { verdict, rule, reason: 'r', feedback: 'f', also: [], obligations: {}, revision: '0'.repeat(64) },
    digest: null,
    approval: null,
    index: 0,
    time: 0,
    prev: '0'.repeat(64),
  }
}
