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

t.jobs = jobs
t.setTimeout(0)
await report(reporter, t, { get: () => undefined })
t.plan(files.length)
await Promise.all(files.map((file) => t.spawn('env', commandOf(file), {
  buffered: true,
  cwd: root,
  env: { ...process.env, TAP_TIMEOUT: String(timeout), WEIR_TEST_POLICY_CACHE: policyCache },
  stdio: 'pipe',
  timeout: timeout * 1000,
}, file)))

// tap adds a loader to NODE_OPTIONS of what it spawns. `env` puts back what was there, and becomes the test by exec.
function commandOf (file) {
  return [`NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`, process.execPath, '--enable-source-maps', file]
}
