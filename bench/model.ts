// Question: what does governing a model request cost? Unit: requests per second, 30 KB and 1 MB requests, 32 connections, whole
// answers. Baseline: a bare @fastify/http-proxy to the same fake provider in the same run; direct, nginx and Portkey's gateway beside it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conversation } from './conversation.ts'
import { plain, ratio, ratioAtLeast, ratioAtMost, type Suite, type SuiteResult } from './figures.ts'
import { startGateway, type BenchGateway } from './gateway.ts'
import { measure, medianRatio, medians, processorRatio, startHelper, type Helper, type Rounds, type Target } from './load.ts'
import { portkeyHeaders, startNginx, startPortkey } from './peers.ts'

const REQUEST_BYTES = 30 * 1024
const CONNECTIONS = 32
const LARGE_BYTES = 1024 * 1024
const GOAL = 0.7
const PORTKEY_GOAL = 8
const LARGE_GOAL = 1.5
const CHAT = '/v1/chat/completions'

export const model: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const running: Helper[] = []
  try {
    const provider = await startHelper('fake-provider.js')
    running.push(provider)
    const upstream = new URL((JSON.parse(provider.line) as { baseUrl: string }).baseUrl).origin
    const bare = await startHelper('bare-proxy.js', [upstream])
    running.push(bare)
    const nginx = await startNginx(dir, new URL(upstream).port)
    if (nginx !== null) running.push(nginx)
    const portkey = await startPortkey()
    running.push(portkey)
    const gateway = await startGateway(dir, upstream)
    running.push(gateway)
    const measured = await measure(targets(upstream, { bare, nginx, portkey, gateway }), { connections: CONNECTIONS, seconds: quick ? 3 : 5, rounds: quick ? 3 : 7 }, say)
    return summarise(measured)
  } finally {
    for (const helper of running.reverse()) await helper.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Doors { readonly bare: Helper, readonly nginx: Helper | null, readonly portkey: Helper, readonly gateway: BenchGateway }

function targets (upstream: string, { bare, nginx, portkey, gateway: { url, token, pid } }: Doors): Target[] {
  const headers = { authorization: `Bearer ${token}` }
  const body = conversation(REQUEST_BYTES)
  const large = conversation(LARGE_BYTES)
  const decision = JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command: 'npm test' }, cwd: '/workspace' })
  const bareUrl = `http://127.0.0.1:${bare.line}${CHAT}`
  const weirUrl = `${url}/weir/model/bench${CHAT}`
  return [
    { name: 'direct', url: upstream + CHAT, headers, body },
    { name: 'bare-proxy', url: bareUrl, headers, body, pid: bare.pid },
    ...(nginx === null ? [] : [{ name: 'nginx', url: `http://127.0.0.1:${nginx.line}${CHAT}`, headers, body }]),
    { name: 'weir-model', url: weirUrl, headers, body, pid },
    { name: 'portkey', url: `http://127.0.0.1:${portkey.line}${CHAT}`, headers: { ...headers, ...portkeyHeaders(upstream) }, body },
    { name: 'weir-decisions', url: `${url}/weir/api/v1/decisions`, headers, body: decision },
    { name: 'bare-proxy 1 MB', url: bareUrl, headers, body: large, pid: bare.pid },
    { name: 'weir-model 1 MB', url: weirUrl, headers, body: large, pid },
  ]
}

function summarise (rounds: Rounds): SuiteResult {
  const figures = Object.fromEntries([...rounds].flatMap(([name, all]) => {
    const row = medians(all)
    return [
      [`${name} requests`, plain(row.requestsPerSecond, 'requests/s')],
      [`${name} p99`, plain(row.p99Ms, 'ms')],
      [`${name} failed`, plain(row.failed, 'requests')],
      ...(Number.isNaN(row.microsecondsEach) ? [] : [[`${name} processor time of its main thread`, plain(row.microsecondsEach, 'µs')] as const]),
    ]
  }))
  return {
    figures,
    ratios: {
      'weir-model / bare-proxy': ratioAtLeast(medianRatio(rounds, 'weir-model', 'bare-proxy'), GOAL),
      'weir-model / portkey': ratioAtLeast(medianRatio(rounds, 'weir-model', 'portkey'), PORTKEY_GOAL),
      // Connections are as many on both sides, so that the time of a request is to another as the rates are the other way round.
      '1 MB: time of weir-model / bare-proxy': ratioAtMost(medianRatio(rounds, 'bare-proxy 1 MB', 'weir-model 1 MB'), LARGE_GOAL),
      ...processorTimes(rounds),
      'weir-model / direct': ratio(medianRatio(rounds, 'weir-model', 'direct')),
      ...(rounds.has('nginx') ? { 'weir-model / nginx': ratio(medianRatio(rounds, 'weir-model', 'nginx')) } : {}),
      'weir-decisions / bare-proxy': ratio(medianRatio(rounds, 'weir-decisions', 'bare-proxy')),
    },
  }
}

function processorTimes (rounds: Rounds): SuiteResult['ratios'] {
  const small = processorRatio(rounds, 'weir-model', 'bare-proxy')
  if (Number.isNaN(small)) return {}
  return {
    'processor time of weir-model / bare-proxy': ratio(small),
    '1 MB: processor time of weir-model / bare-proxy': ratio(processorRatio(rounds, 'weir-model 1 MB', 'bare-proxy 1 MB')),
  }
}
