import { join } from 'node:path'
import t from 'tap'
import { findAgentBinary } from '../../sandbox/agent-binary.ts'
import { readFileSync, writeFileSync } from 'node:fs'
import { testFolder } from '../support/test-folder.ts'

const home = testFolder(t, {
  empty: {},
  node_modules: { 'opencode-linux-x64': { bin: {} } },
  script: { opencode: '#!/usr/bin/env node\n' },
  path: {},
})
const image = readFileSync(process.execPath).subarray(0, 64)
writeFileSync(join(home, 'path', 'opencode'), image)

await t.test('the installed package comes before PATH, and scripts are passed over', async (t) => {
  const path = `${join(home, 'script')}:relative:${join(home, 'path')}`
  const lookup = { command: 'opencode', root: home, path, arch: 'x64' }
  t.equal(findAgentBinary(lookup), join(home, 'path', 'opencode'))
  writeFileSync(join(home, 'node_modules/opencode-linux-x64/bin/opencode'), image)
  t.equal(findAgentBinary(lookup), join(home, 'node_modules/opencode-linux-x64/bin/opencode'))
})

await t.test('no executable is an error that says what to do', async (t) => {
  t.throws(() => findAgentBinary({ command: 'opencode', root: join(home, 'empty'), path: join(home, 'script'), arch: 'x64' }), { code: 'WEIR_ERR_AGENT_START', message: /npm install/ })
  t.throws(() => findAgentBinary({ command: join(home, 'script', 'opencode'), root: home, path: '', arch: 'x64' }), { code: 'WEIR_ERR_AGENT_START' })
})
