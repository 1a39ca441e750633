import fc from 'fast-check'
import t from 'tap'
import { urlFacts } from '../../../gateway/classify/url-facts.ts'

await t.test('every way to write an address gives its kind', async (t) => {
  const wanted: ReadonlyArray<readonly [string, string]> = [
    ['https://example.com/x', 'name'], ['https://8.8.8.8', 'public'], ['http://127.0.0.1', 'loopback'], ['http://127.1', 'loopback'], ['http://2130706433', 'loopback'], ['http://0x7f000001', 'loopback'], ['http://0177.0.0.1', 'loopback'],
    ['http://0', 'loopback'], ['http://localhost', 'loopback'], ['http://LOCALHOST.', 'loopback'], ['http://a.localhost', 'loopback'], ['http://169.254.169.254', 'link-local'], ['http://metadata.google.internal', 'link-local'], ['http://100.100.100.200', 'link-local'],
    ['http://10.1.2.3', 'private'], ['http://172.31.0.1', 'private'], ['http://172.32.0.1', 'public'], ['http://192.168.1.1', 'private'], ['http://100.64.0.1', 'private'], ['http://printer.local', 'private'], ['http://intranet', 'private'], ['http://127.0.0.1.nip.io', 'private'],
    ['http://[::1]', 'loopback'], ['http://[::]', 'loopback'], ['http://[::ffff:127.0.0.1]', 'loopback'], ['http://[::ffff:a9fe:a9fe]', 'link-local'], ['http://[64:ff9b::a00:1]', 'private'], ['http://[2002:a00:1::]', 'private'], ['http://[fe80::1]', 'link-local'],
    ['http://[fd00:ec2::254]', 'link-local'], ['http://[fc00::1]', 'private'], ['http://[2606:4700::1111]', 'public'], ['http://[2001:db8::1]', 'private'], ['not a url', 'invalid'], ['file:///etc/passwd', 'invalid'], ['http://１２７.0.0.1', 'loopback'],
  ]
  for (const [url, address] of wanted) t.equal(urlFacts(url).address, address, url)
})

await t.test('scheme, host and port are lower case and filled in', async (t) => {
  t.match(urlFacts('HTTPS://EXAMPLE.com:443/a?b#c'), { url: 'https://example.com/a?b#c', scheme: 'https', host: 'example.com', port: 443 })
  t.match(urlFacts('http://example.com:8080'), { host: 'example.com:8080', port: 8080 })
})

await t.test('credentials are left out, and make the address invalid', async (t) => {
  t.match(urlFacts('https://user:key@example.com/a'), { url: 'https://example.com/a', address: 'invalid' })
  t.equal(urlFacts('https://token@example.com/').address, 'invalid')
})

await t.test('an address that two readers could read differently, or that is too long, is invalid', async (t) => {
  for (const url of ['https://example.com\\@evil.test/', 'https:/\\/example.com', 'https://exam\tple.com', 'https://example.com/\n', `https://example.com/${'a'.repeat(2_048)}`]) t.equal(urlFacts(url).address, 'invalid', JSON.stringify(url.slice(0, 40)))
})

await t.test('no text makes it throw', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.ipV6().map((host) => `http://[${host}]`)), (text) => typeof urlFacts(text).address === 'string')))
})
