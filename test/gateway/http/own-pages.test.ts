import fc from 'fast-check'
import t from 'tap'
import { assertOwnPage, createHostCheck } from '../../../gateway/http/own-pages.ts'

const BASIC = 'Basic b3BlbmNvZGU6dA=='
const HOST = 'weir.acme.test:4000'

await t.test('a gateway answers to its names and to addresses, and to nothing else', async (t) => {
  const check = createHostCheck(['Weir.acme.test'])
  for (const host of ['weir.acme.test', 'WEIR.ACME.TEST:4000', 'localhost', 'localhost:4000', '127.0.0.1:4000', '10.1.2.3', '[::1]:4000', '[fe80::1]']) t.doesNotThrow(() => check(host, BASIC), host)
  const foreign = ['evil.test', 'evil.test:4000', 'localhost.', 'localhost.evil.test', '127.0.0.1.evil.test', '0x7f.1', '2130706433', '[evil.test]', '[127.0.0.1]', '::1', 'weir.acme.test:', 'weir.acme.test:4000:1', 'weir.acme.test@evil.test', 'a localhost', '', undefined]
  for (const host of foreign) for (const credential of [BASIC, undefined, 'Digest t', 'Bearer']) t.throws(() => check(host, credential), { code: 'WEIR_ERR_HOST_UNKNOWN', statusCode: 421 }, String(host))
  t.doesNotThrow(() => check('localhost', BASIC), 'a refused name does not become the one that is remembered')
  t.throws(() => check('evil.test', BASIC), { code: 'WEIR_ERR_HOST_UNKNOWN' })
})

await t.test('whoever sends a bearer token may call the gateway by any name, and teaches it none', async (t) => {
  const check = createHostCheck([])
  t.doesNotThrow(() => check('weir.internal:4000', 'Bearer t'))
  t.throws(() => check('weir.internal:4000', BASIC), { code: 'WEIR_ERR_HOST_UNKNOWN' })
})

await t.test('no text that is neither a known name nor an address is taken for one', async () => {
  const check = createHostCheck(['weir.acme.test'])
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
  fc.assert(fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 65_535 }), (labels, port) => {
    const name = labels.join('.')
    fc.pre(name !== 'localhost' && name !== 'weir.acme.test')
    let refused = false
    try { check(`${name}:${port}`, BASIC) } catch { refused = true }
    return refused
  }))
})

await t.test('a remembered credential works from programs and from own pages only', async (t) => {
  const of = (headers: Readonly<Record<string, string>>, isPage = false) => () => assertOwnPage({ host: HOST, authorization: BASIC, ...headers }, isPage)
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  t.doesNotThrow(of({}), 'a program')
  t.doesNotThrow(of({ origin: `https://${HOST}`, 'sec-fetch-site': 'same-origin' }))
  t.doesNotThrow(of({ 'sec-fetch-site': 'none', ...navigation }), 'typed into the address bar')
  t.doesNotThrow(of({ 'sec-fetch-site': 'cross-site', ...navigation }, true), 'a link to a page')
  t.doesNotThrow(of({ origin: 'https://evil.test', 'sec-fetch-site': 'cross-site', authorization: 'Bearer t' }), 'whoever sends a bearer token has it')
  const refused: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, boolean?]> = [
    ['another origin', { origin: 'https://evil.test' }],
    ['no origin that it says', { origin: 'null' }],
    ['another port', { origin: 'http://weir.acme.test:3000' }],
    ['a picture', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a page of the same machine', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
    ['a link to no page', { 'sec-fetch-site': 'cross-site', ...navigation }],
    ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, true],
    ['a form sent to a page', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site', ...navigation }, true],
    ['a word that no browser sends', { 'sec-fetch-site': 'Same-Origin' }],
    ['another letter case of the scheme', { origin: 'https://evil.test', authorization: 'bAsIc b3BlbmNvZGU6dA==' }],
  ]
  for (const [what, headers, isPage] of refused) t.throws(of(headers, isPage), { code: 'WEIR_ERR_AUTH_SCOPE' }, what)
})
