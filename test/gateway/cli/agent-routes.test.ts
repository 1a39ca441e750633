import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { agentRoutes } from '../../../gateway/cli/agent-routes.ts'
import { documentOf } from '../../adapters/opencode/fixtures/route-document.ts'
import { testFolder } from '../../support/test-folder.ts'

const folder = testFolder(t)

/** An executable that prints this text, when asked as the agent is asked and without anything of the caller's. */
function agentThatPrints (name: string, text: string): string {
  writeFileSync(join(folder, `${name}.json`), text)
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n[ "$1" = generate ] && [ -z "$WEIR_CANARY" ] && [ "$(pwd)" = "$HOME" ] && cat '${join(folder, `${name}.json`)}'\n`)
  chmodSync(file, 0o755)
  return file
}

const paths = documentOf()

process.env['WEIR_CANARY'] = 'not for the agent'

await t.test('an agent with the routes of the table is well', async (t) => {
  t.equal(await agentRoutes(agentThatPrints('same', JSON.stringify({ paths }))), '188 routes, each one known')
})

await t.test('routes that differ are named, and not without end', async (t) => {
  const { '/vcs': gone, ...rest } = paths
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`/new/${at}`, { post: {} }]))
  await t.rejects(agentRoutes(agentThatPrints('other', JSON.stringify({ paths: { ...rest, ...many } }))), {
    code: 'WEIR_ERR_AGENT_START',
    message: /: 9 new and refused \(POST \/new\/0, .*POST \/new\/4, and 4 more\); 1 gone \(GET \/vcs\)\.$/,
  })
})

await t.test('a route that takes something new is named with it', async (t) => {
  const taking = documentOf({ 'GET /find': { parameters: [{ in: 'query', name: 'pattern' }, { in: 'query', name: 'root' }] } })
  await t.rejects(agentRoutes(agentThatPrints('taking', JSON.stringify({ paths: taking }))), { code: 'WEIR_ERR_AGENT_START', message: /: 1 with other parameters \(GET \/find: \+root\)\.$/ })
})

await t.test('an agent that prints no document is not taken for one without routes', async (t) => {
  await t.rejects(agentRoutes(agentThatPrints('words', 'hello')), { code: 'WEIR_ERR_AGENT_START' })
  await t.rejects(agentRoutes(agentThatPrints('empty', '{}')), { code: 'WEIR_ERR_UPSTREAM' })
  await t.rejects(agentRoutes(join(folder, 'absent')), { code: 'WEIR_ERR_AGENT_START' })
})
