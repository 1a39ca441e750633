import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import { testFolder } from '../../support/test-folder.ts'

await t.test('OPA_BIN comes first, then PATH', async (t) => {
  const dir = testFolder(t, { named: { opa: '#!/bin/sh\necho named "$@"\n' }, path: { opa: '#!/bin/sh\necho path "$@"\n' } })
  const named = join(dir, 'named', 'opa')
  chmodSync(named, 0o755)
  chmodSync(join(dir, 'path', 'opa'), 0o755)
  const PATH = join(dir, 'path')
  t.match(await (await findOpa({ OPA_BIN: named, PATH })).run(['a'], dir), { code: 0, stdout: 'named a\n' })
  t.match(await (await findOpa({ PATH })).run(['b'], dir), { code: 0, stdout: 'path b\n' })
})

await t.test('an OPA_BIN that is no executable is an error, not a reason to look elsewhere', async (t) => {
  const dir = testFolder(t, { opa: 'text' })
  await t.rejects(findOpa({ OPA_BIN: join(dir, 'opa') }), { code: 'WEIR_ERR_OPA_MISSING', message: /OPA_BIN/ })
  await t.rejects(findOpa({ OPA_BIN: 'opa' }), { code: 'WEIR_ERR_OPA_MISSING' }, 'a relative path')
})

await t.test('relative entries of PATH are not looked at', async (t) => {
  const dir = testFolder(t, { opa: '#!/bin/sh\necho here\n' })
  chmodSync(join(dir, 'opa'), 0o755)
  const before = process.cwd()
  process.chdir(dir)
  t.teardown(() => { process.chdir(before) })
  t.not((await findOpa({ PATH: '.:' })).path, join(dir, 'opa'))
})

await t.test('OPA gets no environment of ours', async (t) => {
  const dir = testFolder(t, { opa: '#!/bin/sh\nenv\n' })
  chmodSync(join(dir, 'opa'), 0o755)
  process.env['WEIR_TEST_SECRET'] = 'do-not-pass'
  t.teardown(() => { delete process.env['WEIR_TEST_SECRET'] })
  const { stdout } = await (await findOpa({ OPA_BIN: join(dir, 'opa') })).run([], dir)
  t.notMatch(stdout, /do-not-pass/)
})
