import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lookAtRedis } from '../../../gateway/redis/look-at-redis.ts'
import { openRedisLink } from '../../../gateway/redis/redis-link.ts'
import { freePort, startRedis, type ThrowawayRedis } from './throwaway-redis.ts'
import { testFolder } from '../../support/test-folder.ts'

const SET = 'return redis.call("SET", KEYS[1], ARGV[1])'
const GET = 'return redis.call("GET", KEYS[1])'

async function redis (t: Test, options: (port: number) => readonly string[]): Promise<ThrowawayRedis> {
  const started = await startRedis(options)
  if (typeof started === 'string') throw new Error(started)
  t.teardown(() => started.remove())
  return started
}

/** What comes back of a value that was set by a script: the way that budgets take. */
async function throughScripts (url: string, ca?: string): Promise<unknown> {
  const link = openRedisLink({ url, timeoutMs: 2_000, ca })
  try {
    await new Promise<void>((resolve) => { link.onReady(resolve) })
    await link.run(SET, ['{weir}:a'], ['1'])
    return await link.run(GET, ['{weir}:a'], [])
  } finally {
    link.close()
  }
}

/** A certificate authority of this test's own, and a server's certificate for 127.0.0.1 by it. */
function certificates (dir: string): { readonly ca: string, readonly files: Readonly<Record<'ca' | 'cert' | 'key', string>> } {
  const at = (name: string): string => join(dir, name)
  const openssl = (...args: readonly string[]): void => { execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] }) }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  openssl('req', '-x509', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=test-ca')
  openssl('req', ...newKey, '-keyout', at('redis.key'), '-out', at('redis.csr'), '-subj', '/CN=redis')
  writeFileSync(at('san'), 'subjectAltName=IP:127.0.0.1')
  openssl('x509', '-req', '-in', at('redis.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('san'), '-out', at('redis.pem'))
  return { ca: readFileSync(at('ca.pem'), 'utf8'), files: { ca: at('ca.pem'), cert: at('redis.pem'), key: at('redis.key') } }
}

await t.test('by TLS with a private authority and an ACL user; whoever else answers, or asks, is refused', async (t) => {
  const { ca, files } = certificates(testFolder(t))
  const { port } = await redis(t, (port) => [
    '--port', '0', '--tls-port', String(port), '--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-ca-cert-file', files.ca, '--tls-auth-clients', 'no',
    '--user', 'default', 'off', '--user', 'weir', 'on', '>s3cret/@', '~*', '+@all',
  ])
  const url = `rediss://weir:s3cret%2F%40@127.0.0.1:${port}`
  t.match(await lookAtRedis(url, ca), /a script ran there/)
  t.equal(await throughScripts(url, ca), '1')
  const refused = async (url: string, authority: string | undefined, why: RegExp): Promise<void> => {
    const error = await lookAtRedis(url, authority).then(() => new Error('it was let in'), (thrown: unknown) => thrown as Error)
    t.match(`${error.message} ${String(error.cause)}`, why)
    t.notMatch(`${error.message} ${String(error.cause)}`, 's3cret')
  }
  await Promise.all([
    refused(url, undefined, /certificate/),
    refused(url.replace('127.0.0.1', 'localhost'), ca, /altnames/),
    refused(url.replace('s3cret', 'wr0ng'), ca, /WRONGPASS/),
    refused(`rediss://127.0.0.1:${port}`, ca, /NOAUTH|no connection/),
    refused(url.replace('rediss', 'redis'), undefined, /no connection/),
  ])
})

await t.test('the primary that sentinels name', async (t) => {
  const primary = await redis(t, () => [])
  const port = await freePort()
  const file = join(testFolder(t), 'sentinel.conf')
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${primary.port} 1\n`)
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(async () => {
    const gone = once(sentinel, 'exit')
    sentinel.kill('SIGTERM')
    await gone
  })
  for await (const text of sentinel.stdout.setEncoding('utf8')) if (String(text).includes('+monitor master main')) break
  sentinel.stdout.resume()
  t.equal(await throughScripts(`redis-sentinel://127.0.0.1:${port}/main`), '1')
  await t.rejects(lookAtRedis(`redis-sentinel://127.0.0.1:${port}/other`), /no connection/)
})

await t.test('a cluster', async (t) => {
  const { port } = await redis(t, () => ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  execFileSync('redis-cli', ['-p', String(port), 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
  while (!execFileSync('redis-cli', ['-p', String(port), 'CLUSTER', 'INFO'], { encoding: 'utf8' }).includes('cluster_state:ok')) await new Promise(setImmediate)
  t.equal(await throughScripts(`redis-cluster://127.0.0.1:${port}`), '1')
})
