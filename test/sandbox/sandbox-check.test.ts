import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { SANDBOX_DRIVERS } from '../../sandbox/driver-names.ts'
import { checkSandbox } from '../../sandbox/sandbox-check.ts'

await t.test('a machine that can make sandboxes has no problem, and the check leaves nothing behind', async (t) => {
  for (const sandbox of SANDBOX_DRIVERS) t.same(await checkSandbox({ sandbox, runtime: null }), [], sandbox)
  t.same(readdirSync(tmpdir()).filter((name) => name.startsWith('weir-check-')), [])
})

await t.test('an OCI runtime that is not there is a problem, with advice', async (t) => {
  const [found] = await checkSandbox({ sandbox: 'podman', runtime: 'no-such-runtime' })
  t.match(found?.problem, /no-such-runtime/)
  t.match(found?.advice, /agent\.runtime/)
})
