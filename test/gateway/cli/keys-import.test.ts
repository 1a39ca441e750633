import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { shortDir, weir, writeConfig } from '../../support/gateway-process.ts'

const VALUE = 'sk-canary-7e40b1d2'

await t.test('keys come from the usual variables of the configured providers, and no value is shown or kept in the clear', async (t) => {
  const dir = shortDir(t)
  const config = writeConfig(dir, { dataDir: 'data', providers: { groq: { models: {} }, google: { models: {} }, mistral: { models: {} }, ollama: { models: {} }, own: { format: 'gemini', baseUrl: 'https://own.test/v1', models: {} } } })
  const env = { GROQ_API_KEY: `${VALUE}-groq`, GOOGLE_API_KEY: '', GEMINI_API_KEY: `${VALUE}-google`, ZHIPU_API_KEY: `${VALUE}-zhipu`, MISTRAL_API_KEY: '' }
  const run = (...args: string[]) => weir(['keys', 'import', ...args, '--env', 'DEV', '--config', config], { env })
  const first = run('--json')
  t.equal(first.code, 0, first.stderr)
  t.match(JSON.parse(first.stdout), [
    { provider: 'groq', outcome: 'stored', variable: 'GROQ_API_KEY' },
    { provider: 'google', outcome: 'stored', variable: 'GEMINI_API_KEY' },
    { provider: 'mistral', outcome: 'unset', variables: ['MISTRAL_API_KEY'] },
  ])
  const again = run()
  t.match(again.stdout, /groq {2}has a key already/)
  t.match(again.stdout, /mistral {2}not set: MISTRAL_API_KEY/)
  const named = run('zai', 'groq', '--replace')
  t.match(named.stdout, /zai {2}stored as key_.*ZHIPU_API_KEY/)
  t.match(named.stdout, /groq {2}stored as key_/)
  const listed = JSON.parse(weir(['keys', 'list', '--json', '--config', config]).stdout) as Array<{ provider: string }>
  t.same(listed.map(({ provider }) => provider).sort(), ['google', 'groq', 'zai'])
  for (const { stdout, stderr } of [first, again, named]) t.notOk(`${stdout}${stderr}`.includes(VALUE))
  t.notOk(readFileSync(join(dir, 'data', 'vault.json'), 'utf8').includes(VALUE))
})

await t.test('what cannot be imported is said without its value', async (t) => {
  const dir = shortDir(t)
  const at = ['--env', 'DEV', '--data-dir', join(dir, 'data')]
  const broken = weir(['keys', 'import', 'groq', ...at], { env: { GROQ_API_KEY: `${VALUE}\nx: y` } })
  t.equal(broken.code, 1)
  t.match(broken.stderr, /groq in GROQ_API_KEY/)
  t.notOk(`${broken.stdout}${broken.stderr}`.includes(VALUE))
  for (const name of ['ollama', 'nobody']) t.match(weir(['keys', 'import', name, ...at]), { code: 1, stderr: new RegExp(name) })
  const none = weir(['keys', 'import', ...at, '--config', writeConfig(dir, { providers: {} })])
  t.match(none, { code: 1, stderr: /no provider/ })
})
