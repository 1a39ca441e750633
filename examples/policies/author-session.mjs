#!/usr/bin/env node
// A rule author's session, from the first line of a rule to a running gateway that decides by it. Everything is real and local: a copy of
// this folder, a bundle server, a gateway. Run it: node author-session.mjs
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startBundleServer } from './bundle-server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
// Inside Weir's own repository the program is two folders up; installed, it is a dependency.
const weirHome = [join(here, '..', '..'), join(here, 'node_modules', 'weir')].find((folder) => existsSync(join(folder, 'bin', 'weir.js')))
const program = process.env.WEIR ?? join(weirHome ?? '', 'bin', 'weir.js')
const library = process.env.WEIR_LIBRARY ?? join(weirHome ?? '', 'policies')
const TAKEOVER_TRIES = 600 // 100 ms each
// A Unix socket's path has room for about 100 bytes, so the folder's name is short.
const dir = mkdtempSync(join(tmpdir(), 'weir-'))

const bundles = await startBundleServer()
let gateway = null
try {
  await session()
} finally {
  gateway?.kill('SIGTERM')
  if (gateway !== null && gateway.exitCode === null) await once(gateway, 'exit')
  bundles.close()
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}

async function session () {
  heading('Before: a signed bundle of the rules as they are, and a gateway that fetches it')
  cpSync(here, dir, { recursive: true, filter: (path) => !['node_modules', 'build', 'vendor'].includes(relative(here, path)) })
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  write('weir-policy.pub', publicKey.export({ type: 'spki', format: 'pem' }))
  write('weir-policy.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  await assemble()
  await release()
  write('weir.yaml', JSON.stringify({ dataDir: './data', policies: { bundle: bundles.url, publicKey: './weir-policy.pub', algorithm: 'ES256', keyId: 'acme-2026', scope: 'acme' } }))
  const { url, token } = await startGateway()

  heading('A day of work is decided and recorded')
  for (const path of ['docs/legal/terms.md', 'docs/pricing.md', 'docs/legalese.md', 'src/cart.ts']) say(path, await decide(url, token, path))

  heading('The author writes a rule and its tests, and one test fails')
  writeRule('docs/legal')
  await assemble()
  await weir(['policy', 'test', 'build/policies'], { fails: true })

  heading('It also caught docs/legalese.md: the folder ends in a slash, and the test passes')
  writeRule('docs/legal/')
  await assemble()
  await weir(['policy', 'check', 'build/policies'])
  await weir(['policy', 'test', 'build/policies'])

  heading('What would have been decided otherwise')
  await weir(['policy', 'replay', '--policy', 'build/policies', '--data-dir', 'data', '--since', '1h'])
  await weir(['policy', 'replay', '--policy', 'build/policies', '--data-dir', 'data', '--since', '1h', '--fail-on-change', '--examples', '0'], { fails: true })

  heading('Nothing else changes, so it is signed and pushed')
  await release()

  heading('The running gateway changes its mind')
  const before = gateway.pid
  say('docs/legal/terms.md', await takenOver(url, token))
  say('docs/legalese.md', await decide(url, token, 'docs/legalese.md'))
  process.stdout.write(`the gateway is still process ${before}: ${gateway.pid === before && gateway.exitCode === null ? 'it was not restarted' : 'it was restarted'}\n`)
}

// The rule, its tests, and where it is asked: the files of author-session/, with the folder that the rule looks for.
function writeRule (folder) {
  const from = (name) => readFileSync(join(here, 'author-session', name), 'utf8')
  write('acme/rules/legal_texts/legal_texts.rego', from('legal_texts.rego').replace('"docs/legal/"', `"${folder}"`))
  write('acme/rules/legal_texts/legal_texts_test.rego', from('legal_texts_test.rego'))
  write('acme/main/legal_texts.rego', from('asked.rego'))
}

async function release () {
  await weir(['policy', 'build', 'build/policies', '--output', 'build/bundle.tar.gz'])
  await weir(['policy', 'sign', 'build/bundle.tar.gz', '--key', 'weir-policy.pem', '--key-id', 'acme-2026', '--scope', 'acme'])
  await weir(['policy', 'push', 'build/bundle.tar.gz', '--to', bundles.url])
}

async function assemble () {
  await run('node assemble.mjs', ['assemble.mjs'], { env: { ...process.env, WEIR_LIBRARY: library } })
}

async function weir (args, options) {
  await run(`weir ${args.join(' ')}`, [program, ...args], options)
}

async function run (shown, args, { fails = false, env = process.env } = {}) {
  process.stdout.write(`\n$ ${shown}\n`)
  const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.pipe(process.stdout, { end: false })
  const [code] = await once(child, 'close')
  if ((code !== 0) !== fails) throw new Error(`"${shown}" ended with ${code}, which was not expected`)
}

async function startGateway () {
  process.stdout.write('\n$ weir start\n')
  gateway = spawn(process.execPath, [program, 'start', '--config', 'weir.yaml', '--port', '0', '--json'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  gateway.stderr.setEncoding('utf8').on('data', (text) => { log += text })
  const ended = once(gateway, 'exit').then(() => { throw new Error(`the gateway ended: ${log}`) })
  const [line] = await Promise.race([once(createInterface({ input: gateway.stdout }), 'line'), ended])
  ended.catch(() => { log = '' }) // it ends with the session, too
  return JSON.parse(line)
}

async function decide (url, token, filePath, query = '') {
  const response = await fetch(`${url}/weir/api/v1/decisions${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'write', args: { filePath, content: 'x' } }),
  })
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`)
  return (await response.json()).decision
}

// The gateway holds a request open at the bundle server, and takes what is new as soon as it is there and verified.
async function takenOver (url, token) {
  for (let tries = 0; tries < TAKEOVER_TRIES; tries += 1) {
    const decision = await decide(url, token, 'docs/legal/terms.md', '?dryRun=true')
    if (decision.verdict === 'deny') return await decide(url, token, 'docs/legal/terms.md')
    await pause(100)
  }
  throw new Error('the gateway did not take the new bundle')
}

function write (path, text, mode = 0o644) {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), text, { mode })
}

function heading (text) {
  process.stdout.write(`\n== ${text}\n`)
}

function say (path, { verdict, rule, revision }) {
  process.stdout.write(`write ${path.padEnd(20)} ${verdict.padEnd(6)} ${rule}  (revision ${revision.slice(0, 12)})\n`)
}
