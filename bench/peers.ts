// Other gateways that the same requests are sent to, for comparison.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { freePort, type Helper } from './load.ts'

/** A proxy that governs nothing, in C; null where it is not installed. `dir` takes its temporary files. */
export async function startNginx (dir: string, upstreamPort: string): Promise<Helper | null> {
  const binary = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file))
  if (binary === undefined) return null
  const port = await freePort()
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, `daemon off; worker_processes 1; pid ${dir}/nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; client_max_body_size 8m; client_body_buffer_size 2m; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  upstream provider { server 127.0.0.1:${upstreamPort}; keepalive 64; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`)
  return listening(spawn(binary, ['-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'inherit'] }), port)
}

/** Portkey's gateway as it comes, without its console. It has no rules, no ledger and no keys of its own: the caller's headers say where to go. */
export async function startPortkey (): Promise<Helper> {
  const program = createRequire(import.meta.url).resolve('@portkey-ai/gateway/build/start-server.js')
  const port = await freePort()
  // It refuses loopback addresses unless they are named.
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' }
  const started = await listening(spawn(process.execPath, [program, '--headless', `--port=${port}`], { stdio: ['ignore', 'ignore', 'inherit'], env }), port)
  if (started === null) throw new Error('the Portkey gateway ended at its start')
  return started
}

/** What Portkey is told by header: the wire format, and where its provider is. */
export function portkeyHeaders (upstream: string): Readonly<Record<string, string>> {
  return { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` }
}

async function listening (child: ChildProcess, port: number): Promise<Helper | null> {
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
