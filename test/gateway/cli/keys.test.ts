import { join } from 'node:path'
import t from 'tap'
import { weir } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const VALUE = 'sk-canary-0123456789abcdef'

await t.test('keys are added beside others, listed without their values, and removed one by one', async (t) => {
  const dataDir = join(testFolder(t), 'data')
  const at = ['--data-dir', dataDir]
  const set = (value: string, ...options: string[]) => weir(['keys', 'set', 'p', '--env', 'DEV', '--json', ...options, ...at], { input: value })
  const ids = (): string[] => (JSON.parse(weir(['keys', 'list', '--json', ...at]).stdout) as Array<{ id: string }>).map(({ id }) => id)
  const [old, added] = [set(VALUE), set(`${VALUE}-2`, '--add', '--weight', '3')].map(({ stdout }) => (JSON.parse(stdout) as { id: string }).id)
  t.same(ids(), [old, added])
  const listed = weir(['keys', 'list', ...at]).stdout
  t.match(listed, `${added}  p  DEV  weight 3`)
  t.notMatch(listed, VALUE)
  t.equal(weir(['keys', 'remove', 'p', '--env', 'DEV', '--id', String(old), ...at]).code, 0)
  t.same(ids(), [added])
  t.equal(weir(['keys', 'remove', 'p', '--env', 'DEV', '--id', String(old), ...at]).code, 1)
  const wrong = set(VALUE, '--weight', 'heavy')
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, /weight is a whole number/)
  t.notMatch(wrong.stderr, VALUE)
  t.equal(set(`${VALUE}-3`).code, 0)
  t.equal(ids().length, 1, 'without --add the new key replaces the others')
})

t.end()
