import fc from 'fast-check'
import t from 'tap'
import { createMatchRoute } from '../../../adapters/opencode/match-route.ts'
import { ROUTES } from '../../../adapters/opencode/routes.ts'

const match = createMatchRoute()

const SAMPLES: Readonly<Record<string, string>> = {
  sessionID: 'ses_0aB', messageID: 'msg_1', partID: 'prt_1', permissionID: 'per_1', requestID: 'que_1', ptyID: 'pty_1',
}

function sample (template: string): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => SAMPLES[name] ?? 'x1').replace('*', 'src/a.ts')
}

await t.test('every route of the table matches its own sample and nothing else', async (t) => {
  for (const route of ROUTES) {
    const path = sample(route.template)
    const matched = match(route.method, path)
    t.equal(matched?.route, route, `${route.method} ${path}`)
    t.equal(matched?.path, path)
    t.equal(match('OPTIONS', path), null)
    t.equal(match(route.method.toLowerCase(), path), null)
  }
})

await t.test('a literal segment wins over a parameter', async (t) => {
  t.equal(match('GET', '/session/status')?.route.template, '/session/status')
  t.equal(match('GET', '/api/session/active')?.route.template, '/api/session/active')
  t.equal(match('GET', '/pty/shells')?.route.template, '/pty/shells')
})

await t.test('lax spellings of a route never match', async (t) => {
  const lax = [
    '/session/', '//session', '/session//x', '/Session', '/SESSION', '/session;a=b', '/session%2f', '/%73ession', '/./session',
    '/session/../session', '/session/.', '\\session', '/session\\status', 'http://x/session', 'session', '', '/', '*', '/session ',
    ' /session', '/session\t', '/session\0', '/session?', '/session#', '/session/ses_1%2e%2e/message', '/session/ses_1/../../pty',
    '/session/SES_1', '/session/ses_', '/session/ses_-', `/session/ses_${'a'.repeat(61)}`, '/session/ses_é', '/api/pty/pty_1/connect/',
    `/find/${'a'.repeat(3000)}`,
  ]
  for (const path of lax) for (const method of ['GET', 'POST']) t.equal(match(method, path), null, JSON.stringify(path))
})

await t.test('the wildcard path is decoded once and encoded again', async (t) => {
  const matched = match('GET', '/api/fs/read/src/my%20file.ts')
  t.equal(matched?.params['*'], 'src/my file.ts')
  t.equal(matched?.path, '/api/fs/read/src/my%20file.ts')
  const refused = ['..', '%2e%2e', 'a/../b', 'a//b', '', 'a/', 'a%2fb', 'a%5cb', 'a%252fb', 'a%00b', 'a%0ab', '%', '%ff', 'a;b', 'a?b', 'a#b', 'a%3fb']
  for (const path of refused) t.equal(match('GET', `/api/fs/read/${path}`), null, path)
  t.not(match('GET', `/api/fs/read/${'a'.repeat(2_000)}`), null)
  t.equal(match('GET', `/api/fs/read/${'a'.repeat(2_048)}`), null, 'longer than any real path')
})

await t.test('a changed character in a path never reaches another route by accident', async () => {
  const paths = fc.constantFrom(...ROUTES.filter(({ template }) => !template.includes('*')))
  const noise = fc.constantFrom('%', '/', '//', ';', '\\', '.', '..', '%2f', '%2F', '%00', ' ', '?', '#', '\u0130', '\t')
  fc.assert(fc.property(paths, fc.nat(), noise, (route, at, added) => {
    const path = sample(route.template)
    const position = at % (path.length + 1)
    const changed = path.slice(0, position) + added + path.slice(position)
    const matched = match(route.method, changed)
    // What does match is spelled in plain segments, exactly as it will be sent on.
    return matched === null || (matched.path === changed && /^(\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+$/.test(changed))
  }), { numRuns: 5000 })
})
