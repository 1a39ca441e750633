// Runs test files as plain Node programs, under the settings of `.taprc` and with tap's report. `tap run` would put three
// module loaders before each test and, through NODE_OPTIONS, before each `weir` and each gateway that a test starts: a third
// of the suite's processor time, for TypeScript and coverage that compiled tests do not need.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { report } from '@tapjs/reporter'
import t from 'tap'
import { parse } from 'yaml'
import { root } from './set-up.mjs'

const { jobs, reporter, timeout } = parse(readFileSync(join(root, '.taprc'), 'utf8')) // timeout: seconds, of each file
const files = process.argv.slice(2)
// The shipped policy takes over a second to compile, and more than a hundred gateways of a run open it.
const policyCache = mkdtempSync(join(tmpdir(), 'weir-test-policies-'))
process.once('exit', () => rmSync(policyCache, { recursive: true, force: true }))

const failedFiles = []
t.jobs = jobs
t.setTimeout(0)
await report(reporter, t, { get: () => undefined })
t.plan(files.length)
await Promise.all(files.map(async (file) => {
  const running = t.spawn('env', commandOf(file), {
    buffered: true,
    cwd: root,
    env: { ...process.env, TAP_TIMEOUT: String(timeout), WEIR_TEST_POLICY_CACHE: policyCache },
    stdio: 'pipe',
    timeout: timeout * 1000,
  }, file)
  const failed = []
  gatherFailed(running.subtest.parser, failed)
  say(file, await running, failed)
}))
for (const file of failedFiles) process.stdout.write(`FAIL ${file}\n`)
process.stdout.write(`${files.length} files, ${failedFiles.length} of them failed; assertions: ${t.counts.pass} passed, ${t.counts.fail} failed\n`)

// One line for each file as it ends. The reporter shows only what failed: the one that draws the state of the run again each
// second took half a minute of processor time, and filled the log of a machine with frames. What failed follows at once,
// besides, and is named again at the end: of a long log only a part may be kept.
function say (file, { ok = false, pass = 0, count = 0, time = 0 } = {}, failed) {
  process.stdout.write(`${ok ? 'pass' : 'FAIL'} ${file} ${pass}/${count} ${(time / 1000).toFixed(1)} s\n`)
  if (ok) return
  failedFiles.push(file)
  for (const line of failed.slice(0, 20)) process.stdout.write(`  ${line}\n`)
}

function gatherFailed (parser, failed) {
  parser.on('child', (child) => { gatherFailed(child, failed) })
  parser.on('assert', ({ ok, todo, skip, fullname, name, diag }) => {
    if (!ok && !todo && !skip) failed.push(`failed: ${fullname} ${JSON.stringify(diag ?? {}).slice(0, 2_000)}`)
  })
}

// tap adds a loader to NODE_OPTIONS of what it spawns. `env` puts back what was there, and becomes the test by exec.
function commandOf (file) {
  return [`NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`, process.execPath, '--enable-source-maps', file]
}
