import { join } from 'node:path'
import t from 'tap'
import { weir } from '../../support/gateway-process.ts'

const dataDir = join(t.testdir(), 'data')
const at = ['--data-dir', dataDir]

await t.test('an actor is explained by the roles of its valid tokens, and by no other', async (t) => {
  const create = (role: string): string => (JSON.parse(weir(['token', 'create', '--actor', 'alice@acme.test', '--role', role, '--json', ...at]).stdout) as { id: string }).id
  create('author')
  const revoked = create('operator')
  t.equal(weir(['token', 'revoke', revoked, ...at]).code, 0)
  const { code, stdout } = weir(['roles', 'explain', 'alice@acme.test', '--env', 'TEST', ...at])
  t.equal(code, 0)
  t.match(stdout, /^alice@acme\.test: role author \(/)
  t.match(stdout, /\nedit {8}TEST {2}queue {4}grants\.needs_approval {2}weir\/data\/grants\/data\.json:9 grants\/author\/TEST\/edit\n/)
  t.notMatch(stdout, 'operator')
  t.notMatch(stdout, /(?:DEV|PROD) {2}/)
  const unknown = weir(['roles', 'explain', 'mallory@acme.test', ...at])
  t.equal(unknown.code, 1)
  t.match(unknown.stderr, 'has no valid token here')
})

await t.test('a role that is not there is an error, and the others are listed with where they start', async (t) => {
  const wrong = weir(['roles', 'explain', '--role', 'autor', ...at])
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, 'The data have no role autor')
  t.equal(weir(['roles', 'explain', ...at]).code, 1)
  t.match(weir(['roles', 'list', ...at]).stdout, /\nauthor {7}DEV,TEST,PROD {2}Writes source/)
})
