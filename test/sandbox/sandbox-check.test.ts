import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { checkSandbox } from '../../sandbox/sandbox-check.ts'

await t.test('a machine that can make sandboxes has no problem, and the check leaves nothing behind', async (t) => {
  t.same(await checkSandbox(), [])
  t.same(readdirSync(tmpdir()).filter((name) => name.startsWith('weir-check-')), [])
})
