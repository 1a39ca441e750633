import t from 'tap'
import { checkPolicy } from '../../../../gateway/policy/check/check-policy.ts'
import type { Finding } from '../../../../gateway/policy/check/finding.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { DATA, policyFolder, POLICIES } from '../opened-policy.ts'

const MAIN = `package weir

import data.weir.rules.sample
import rego.v1

decision := {"verdict": "deny", "rule": "x.y"} if count(sample.deny) > 0
else := {"verdict": "allow", "rule": "x.z"} if count(sample.permit) > 0
`

const TEST = `package weir.rules.sample_test

import data.weir.rules.sample
import rego.v1

test_denies if count(sample.deny) == 0

test_permits if count(sample.permit) == 0
`

const METADATA = '# METADATA\n# title: Sample\n# description: A sample.\n# custom:\n#   short_name: sample\n#   solution: Nothing.\n'

/** A deny rule in which these expressions stand, one a line from line 12 on, and what follows it. */
function sample (body: string, rest = ''): string {
  const indented = body.split('\n').map((line) => `\t${line}`).join('\n')
  return `package weir.rules.sample\n\nimport rego.v1\n\n${METADATA}deny contains {"rule": "sample.sample"} if {\n${indented}\n}\n${rest}`
}

const FINE = sample('input.kind == "route"')

const NEVER = `package weir.rules.sample\n\nimport rego.v1\n\n${METADATA.replace('short_name: sample', 'short_name: never')}permit contains {"rule": "sample.never"} if input.app == "nowhere"\n`

async function check (files: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const dir = await policyFolder({ 'weir/main/main.rego': MAIN, 'weir/rules/sample/sample_test.rego': TEST, 'weir/rules/sample/sample.rego': FINE, 'weir/rules/sample/never.rego': NEVER, ...files })
  return (await checkPolicy({ dir, opa: await findOpa(process.env) })).findings.filter(({ severity }) => severity === 'error')
}

async function codes (files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await check(files)).map(({ code, file, row, col }) => `${code} ${file.split('/').at(-1) ?? ''}:${row}:${col}`)
}

async function codesOf (rule: string): Promise<readonly string[]> {
  return await codes({ 'weir/rules/sample/sample.rego': rule })
}

await t.test('the policy that comes with Weir has no findings', async (t) => {
  const report = await checkPolicy({ dir: POLICIES, opa: await findOpa(process.env) })
  t.same(report.findings, [])
  t.ok(report.passed)
  t.match(report.rules.join(), /secret_paths\.secret_touched/)
})

await t.test('a folder in order passes', async (t) => {
  t.same(await codes({}), [])
})

await t.test('built-ins that WebAssembly lacks, answers differently or hangs on are rejected with the reason', async (t) => {
  const found = await check({ 'weir/rules/sample/sample.rego': sample('glob.match("a/**", [], input.app)\ntime.now_ns() > 1\nx := replace(input.app, "", "b")\nx == "c"\nsemver.is_valid(input.app)') })
  t.match(found, [
    { code: 'builtin', file: 'weir/rules/sample/sample.rego', row: 12, col: 2, message: /glob\.match .*newline/ },
    { code: 'builtin', row: 13, message: /time\.now_ns /, hint: /now_ms/ },
    { code: 'builtin', row: 14, col: 7, message: /replace .*never returns/ },
    { code: 'builtin', row: 16, message: /semver\.is_valid / },
  ])
  t.equal(found.length, 4, 'and OPA\'s own "undefined function" is not told again')
})

await t.test('a function of the author that has the name of a built-in is not one', async (t) => {
  t.same(await codes({
    'weir/rules/sample/sample.rego': sample('glob.match(input.app)').replace('import rego.v1', 'import data.weir.lib.glob\nimport rego.v1'),
    'weir/lib/glob/glob.rego': 'package weir.lib.glob\n\nimport rego.v1\n\nmatch(x) if x == "a"\n',
  }), [])
})

/** Which of these bodies, each that of a deny rule, have a finding. One folder for all: a check starts some ten processes. */
async function foundIn (bodies: readonly string[]): Promise<readonly string[]> {
  let text = 'package weir.rules.sample\n\nimport rego.v1\n\n_known if input.app in {"shop"}\n\n_set contains input.app\n\n'
  const bodyAtRow = new Map<number, string>()
  for (const [i, body] of bodies.entries()) {
    text += `${METADATA.replace('short_name: sample', `short_name: s${i}`)}deny contains {"rule": "sample.s${i}"} if {\n`
    for (const line of body.split('\n')) {
      bodyAtRow.set(text.split('\n').length, body)
      text += `\t${line}\n`
    }
    text += '}\n\n'
  }
  const found = await check({ 'weir/rules/sample/sample.rego': text })
  return found.map(({ code, row, message }) => code === 'fails-open' ? bodyAtRow.get(row) ?? `row ${row}` : `${code} ${message}`)
}

const SILENT = [
  'not data.weir.data.roles[input.actor.role]', 'not input.app in {"shop"}', 'not "x" in input.app', 'not startswith(input.app, "a")',
  'not input.now_ms > 3', 'not input.app != "a"', 'not is_object(input.command)', 'not lower(input.app) == "a"', 'not [input.app] == ["a"]',
  'not count(input.targets) > 0', 'not data.weir.data.roles[input.app] == 1', 'some target in [{}]\nnot target.class in {"a"}',
  'not object.get(input.actor, "id", "") == "a"', 'not "edit" in data.weir.data.grants[input.app]',
  'every target in [{}] {\n\tnot target.class in {"a"}\n}', 'count({1 | some target in [{}]; not target.class in {"a"}}) > 0',
]

const SOUND = [
  'not input.app == "shop"', 'not "shop" == input.app', 'not input.actor.role', 'not _known', 'not object.get(input, "app", "") in {"shop"}',
  'some target in [{}]\nnot target.class == "source"', 'some app in ["a", "b"]\nnot app in data.weir.data.natives.allow',
  'not count([x | some x in input.targets]) > 0', 'not "a" in _set',
]

await t.test('negations that a missing field silences are rejected', async (t) => {
  t.same(await foundIn(SILENT), SILENT)
})

await t.test('negations that a missing field makes true, or that also ask for the field without negation, are not', async (t) => {
  t.same(await foundIn([...SOUND, 'is_string(input.app)\nnot input.app in {"shop"}']), [])
})

await t.test('OPA itself is silent about the first when everything is missing, and not about the second', async (t) => {
  const bodies = [...SILENT, ...SOUND]
  const rules = bodies.map((body, i) => `r contains ${i} if {\n${body}\n}\n`).join('\n')
  const dir = await policyFolder({ 'empty.json': '{}', 'r.rego': `package r\n\nimport rego.v1\n\n_known if input.app in {"shop"}\n\n_set contains input.app\n\n${rules}` })
  const { stdout } = await (await findOpa(process.env)).run(['eval', '--bundle', '.', '--format', 'json', '--input', 'empty.json', 'data.r.r'], dir)
  const { result } = JSON.parse(stdout) as { result: [{ expressions: [{ value: number[] }] }] }
  t.same(result[0].expressions[0].value.map((i) => bodies[i]).sort(), [...SOUND].sort())
})

await t.test('a negation that fails open is found in what a deny rule reads, and behind two negations', async (t) => {
  t.same(await codesOf(sample('_bad', '\n_bad if not input.app in {"shop"}\n')), ['fails-open sample.rego:15:9'])
  t.same(await codesOf(sample('not _fine', '\n_fine if not input.app in {"shop"}\n')), [], 'silence of what is negated denies')
  t.same(await codesOf(sample('not _fine', '\n_fine if not _worse\n\n_worse if not input.app in {"shop"}\n')), ['fails-open sample.rego:17:11'])
  const permit = (condition: string): string => sample('input.kind == "route"', `\n${METADATA.replace('sample\n#   s', 'good\n#   s')}permit contains {"rule": "sample.good"} if ${condition}\n\n_blocked if not input.app in {"shop"}\n`)
  t.same(await codesOf(permit('not _blocked')), ['fails-open sample.rego:23:13'])
  t.same(await codesOf(permit('not input.app in {"shop"}')), [], 'a silent permit permits nothing')
})

await t.test('a function that may have no value is not to be compared under a negation', async (t) => {
  t.same(await codesOf(sample('some app in ["a"]\nnot _f(app) == "b"', '\n_f(x) := "b" if x == "a"\n')), ['fails-open sample.rego:13:2'])
  t.same(await codesOf(sample('some app in ["a"]\nnot _f(app) == "b"', '\ndefault _f(_) := "c"\n\n_f(x) := "b" if x == "a"\n')), [])
  t.same(await codesOf(sample('some app in ["a"]\nnot _f(app)', '\n_f(x) if x == "a"\n')), [])
})

/** The rows below an unremarkable rule in which the check finds a default that allows: 15 is the first. */
async function allowsIn (rest: readonly string[]): Promise<readonly string[]> {
  return await codesOf(sample('input.kind == "route"', `\n${rest.join('\n')}\n`))
}

await t.test('defaults and unconditional rules that allow are rejected', async (t) => {
  t.same(await allowsIn([
    'default allow := true', 'default verdict := "allow"', 'default decision := {"verdict": "allow"}', 'approved := true', 'default _is_granted := true',
    'answer := "deny" if input.app == "a"\nelse := "allow"',
  ]), [15, 16, 17, 18, 19, 20].map((row) => `default-allow sample.rego:${row}:1`))
  t.same(await allowsIn([`${METADATA.replace('short_name: sample', 'short_name: good')}permit contains {"rule": "sample.good"}`]), ['default-allow sample.rego:21:1'])
})

await t.test('defaults that do not allow pass', async (t) => {
  t.same(await allowsIn([
    'default allow := false', 'default verdict := "deny"', 'default _is_denied := true', 'approved if input.app == "a"', 'limits := {"verdict": "pending"}',
    'answer := "allow" if input.app == "a"\nelse := "deny"',
  ]), [])
})

await t.test('a rule needs METADATA, an id of its own that it answers with, a test and a reader', async (t) => {
  const other = 'package weir.rules.other\n\nimport rego.v1\n\n'
  t.match(await check({ 'weir/rules/sample/sample.rego': FINE.replace('#   solution: Nothing.\n', '') }), [{ code: 'no-metadata', row: 10, message: /no custom\.solution/ }])
  t.match(await check({ 'weir/rules/sample/sample.rego': 'package weir.rules.sample\n\nimport rego.v1\n\ndeny contains 1 if input.app == "a"\n' }), [{ code: 'no-metadata', row: 5, message: /title, description, custom\.short_name/ }])
  t.same(await codesOf(`${FINE}\n${METADATA}deny contains {"rule": "sample.sample"} if input.app == "a"\n`), ['duplicate-id sample.rego:21:1'])
  t.same(await codesOf(FINE.replace('"sample.sample"', '"sample.other"')), ['wrong-id sample.rego:11:24'])
  t.same(await codes({ 'weir/rules/other/other.rego': `${other}${METADATA}pending contains {"rule": "other.sample"} if input.app == "a"\n` }), ['no-test other.rego:11:1', 'not-imported other.rego:11:1'])
  t.same(await codes({ 'weir/main/main.rego': 'package weir\n\nimport rego.v1\n\ndecision := {"verdict": "deny"}\n' }), ['not-imported never.rego:11:1', 'not-imported sample.rego:11:1'])
  t.match(await codes({ 'weir/main/main.rego': 'package weir\n\nimport rego.v1\n\nresult := {"verdict": "deny"}\n' }), ['not-imported main.rego:1:1'])
})

await t.test('a rule read by iteration over all rule packages counts as read', async (t) => {
  t.same(await codes({ 'weir/main/main.rego': 'package weir\n\nimport rego.v1\n\ndecision := {"verdict": "deny", "n": count(found)} if found := data.weir.rules[_].deny\n' }), [])
})

await t.test('what nothing in the folder defines is told where it is read or imported, with what was probably meant', async (t) => {
  const main = (name: string) => ({ 'weir/main/main.rego': MAIN.replace('sample.deny', name) })
  t.match(await check(main('sample.denny')), [{ code: 'undefined', file: 'weir/main/main.rego', row: 6, col: 57, hint: /Did you mean data\.weir\.rules\.sample\.deny\?/ }, { code: 'not-imported' }])
  t.match(await check({ 'weir/main/main.rego': MAIN.replace('import rego.v1', 'import data.weir.rules.absent\nimport rego.v1').replace('count(sample.deny)', 'count([1 | some set in [absent.deny, sample.deny]; count(set) > 0])') }), [
    { code: 'undefined', file: 'weir/main/main.rego', row: 4, message: /data\.weir\.rules\.absent,/ },
  ])
  t.match(await check({ 'weir/rules/sample/sample.rego': sample('input.app in data.weir.data.rolez') }), [{ code: 'undefined', row: 12, col: 15, hint: /data\.weir\.data\.roles\?/ }])
  t.match(await check({ 'weir/rules/sample/sample.rego': sample('input.app in data.acme.apps') }), [{ code: 'undefined', row: 12, message: /data\.acme,/ }])
  const given = { 'weir/lib/given_test.rego': 'package weir.lib.given_test\n\nimport rego.v1\n\napp := "a"\n' }
  t.match(await check({ ...given, 'weir/rules/sample/sample.rego': sample('input.app == data.weir.lib.given_test.app') }), [{ code: 'undefined' }], 'tests are not part of what decides')
})

await t.test('data that may be left out, rules of other files, functions and computed steps are no such thing', async (t) => {
  const lib = 'package weir.lib.names\n\nimport rego.v1\n\nknown(x) if x in _all\n\n_all := {"a"}\n\ntable["a"] := 1\n\nlist.of.apps := ["a"]\n'
  t.same(await codes({
    'weir/lib/names/names.rego': lib,
    'acme/data/data.json': '{"apps": {}}',
    'weir/rules/sample/sample.rego': sample([
      'count(data.weir.data.hours.windows) > 0', 'input.app in data.acme.data.apps.open', 'names.known(input.app)', 'names.table[input.app] == 1', 'names.list.of.apps[0] == input.app',
      'some set in data.weir.rules[_].permit', 'data.weir.data.roles[input.actor.role].description == "x"', 'set == _own', 'input.app == "a"',
    ].join('\n'), '\n_own := {1}\n').replace('import rego.v1', 'import data.weir.lib.names\nimport rego.v1'),
  }), [])
})

await t.test('data that readers read differently are told at their line, once', async (t) => {
  const twice = await check({ 'weir/data/data.json': JSON.stringify(DATA).replace('{"roles":{}', '{"roles":{},\n"roles":{}') })
  t.match(twice, [{ code: 'data', file: 'weir/data/data.json', row: 2, col: 1, message: /same key twice/ }])
  t.equal(twice.length, 1)
  const cut = await check({ 'weir/data/data.json': JSON.stringify(DATA).slice(0, -1) })
  t.match(cut, [{ code: 'data', row: 1, message: /not JSON/ }])
  t.equal(cut.length, 1)
})

await t.test('a file that does not parse is told alone, with its place', async (t) => {
  t.match(await check({ 'weir/rules/sample/sample.rego': 'package weir.rules.sample\n\nimport rego.v1\n\ndeny contains {{ if true\n' }), [{ code: 'syntax', file: 'weir/rules/sample/sample.rego', row: 5 }])
})

await t.test('a missing import of rego.v1 is told, whether or not the file parses without', async (t) => {
  t.same((await codesOf('package weir.rules.sample\n\ndeny[x] { x := 1; input.app == "a" }\n')).filter((code) => !code.startsWith('no-metadata')), ['no-rego-v1 sample.rego:1:1'])
  t.match(await check({ 'weir/rules/sample/sample.rego': '# The sample.\npackage weir.rules.sample\n\ndeny contains 1 if input.app == "a"\n' }), [{ code: 'no-rego-v1', row: 2 }, { code: 'syntax', hint: /rego\.v1/ }])
})

await t.test('what OPA refuses keeps its place', async (t) => {
  t.match(await codesOf(sample('x == input.app')), [/^compile sample\.rego:12:/])
  t.match(await codesOf(sample('nosuch(input.app)')), [/^compile sample\.rego:12:/])
  t.match(await codesOf(sample('input.ap == "shop"')), [/^compile sample\.rego:12:/], 'a member that the input does not have')
})

await t.test('a control character in a string is rejected, a line break is not', async (t) => {
  t.same(await codesOf(sample('contains(input.app, "\\u0007")')), ['control-character sample.rego:12:22'])
  t.same(await codesOf(sample('contains(input.app, "\\n\\t\\r\\u00e9")')), [])
})

await t.test('a file that means something else once it is formatted is rejected', async (t) => {
  const text = (body: string): string => FINE.replace('\tinput', `\t${body}\n\tinput`)
  const report = async (body: string) => await checkPolicy({ dir: await policyFolder({ 'weir/main/main.rego': MAIN, 'weir/rules/sample/sample_test.rego': TEST, 'weir/rules/sample/never.rego': NEVER, 'weir/rules/sample/sample.rego': text(body) }), opa: await findOpa(process.env) })
  const changed = await report('input.app == (input.environment == "DEV")')
  t.match(changed.findings.map(({ severity, code, file }) => `${severity} ${code} ${file}`), /error misformatted weir\/rules\/sample\/sample\.rego/)
  t.notOk(changed.passed)
  const kept = await report('input.now_ms == (1 + 2) * 3')
  t.notMatch(kept.findings.map(({ code }) => code).join(' '), /misformatted/, 'parentheses that stay, or are not needed')
  const spaced = await report('input.app  == (input.environment)')
  t.match(spaced.findings.map(({ code }) => code).join(' '), /^(?!.*misformatted).*unformatted/)
})

await t.test('files that are not formatted are warnings, which reject nothing', async (t) => {
  const dir = await policyFolder({ 'weir/main/main.rego': MAIN, 'weir/rules/sample/sample_test.rego': TEST, 'weir/rules/sample/never.rego': NEVER, 'weir/rules/sample/sample.rego': FINE.replace('\tinput', '    input') })
  const report = await checkPolicy({ dir, opa: await findOpa(process.env) })
  t.match(report.findings.map(({ severity, code, file }) => `${severity} ${code} ${file}`), /warning unformatted weir\/rules\/sample\/sample\.rego/)
  t.ok(report.passed)
})
