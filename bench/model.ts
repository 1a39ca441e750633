// Question: what does governing a model request cost? Unit: requests per second, 30 KB requests, 32 connections, whole
// answers. Baseline: a bare @fastify/http-proxy to the same fake provider in the same run; direct and nginx beside it.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plain, ratio, ratioAtLeast, type Suite, type SuiteResult } from './figures.ts'
import { startGateway, type BenchGateway } from './gateway.ts'
import { freePort, measure, medianRatio, medians, startHelper, type Helper, type Rounds, type Target } from './load.ts'

const REQUEST_BYTES = 30 * 1024
const CONNECTIONS = 32
const GOAL = 0.7
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
    const gateway = await startGateway(dir, upstream)
    running.push(gateway)
    const measured = await measure(targets(upstream, bare, nginx, gateway), { connections: CONNECTIONS, seconds: quick ? 3 : 5, rounds: quick ? 3 : 7 }, say)
    return summarise(measured)
  } finally {
    for (const helper of running.reverse()) await helper.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

function targets (upstream: string, bare: Helper, nginx: Helper | null, { url, token }: BenchGateway): Target[] {
  const headers = { authorization: `Bearer ${token}` }
  const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'x'.repeat(REQUEST_BYTES - 100) }], stream: false })
  const decision = JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command: 'npm test' }, cwd: '/workspace' })
  return [
    { name: 'direct', url: upstream + CHAT, headers, body },
    { name: 'bare-proxy', url: `http://127.0.0.1:${bare.line}${CHAT}`, headers, body },
    ...(nginx === null ? [] : [{ name: 'nginx', url: `http://127.0.0.1:${nginx.line}${CHAT}`, headers, body }]),
    { name: 'weir-model', url: `${url}/weir/model/bench${CHAT}`, headers, body },
    { name: 'weir-decisions', url: `${url}/weir/api/v1/decisions`, headers, body: decision },
  ]
}

function summarise (rounds: Rounds): SuiteResult {
  const figures = Object.fromEntries([...rounds].flatMap(([name, all]) => {
    const row = medians(all)
    return [
      [`${name} requests`, plain(row.requestsPerSecond, 'requests/s')],
      [`${name} p99`, plain(row.p99Ms, 'ms')],
      [`${name} failed`, plain(row.failed, 'requests')],
    ]
  }))
  return {
    figures,
    ratios: {
      'weir-model / bare-proxy': ratioAtLeast(medianRatio(rounds, 'weir-model', 'bare-proxy'), GOAL),
      'weir-model / direct': ratio(medianRatio(rounds, 'weir-model', 'direct')),
      ...(rounds.has('nginx') ? { 'weir-model / nginx': ratio(medianRatio(rounds, 'weir-model', 'nginx')) } : {}),
      'weir-decisions / bare-proxy': ratio(medianRatio(rounds, 'weir-decisions', 'bare-proxy')),
    },
  }
}

async function startNginx (dir: string, upstreamPort: string): Promise<Helper | null> {
  const binary = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file))
  if (binary === undefined) return null
  const port = await freePort()
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, `daemon off; worker_processes 1; pid ${dir}/nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; client_body_buffer_size 64k; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  upstream provider { server 127.0.0.1:${upstreamPort}; keepalive 64; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`)
  const child = spawn(binary, ['-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'inherit'] })
  while (!await answers(port)) if (child.exitCode !== null) return null
  return {
    line: String(port),
    pid: child.pid ?? 0,
    async stop () {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}

async function answers (port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)
}
