import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../gateway/package-root.ts'
import { waitForLine, type Helper } from './load.ts'

/** A gateway of its own: where it is, who may ask it, and its data directory. */
export interface BenchGateway extends Helper { readonly url: string, readonly token: string, readonly dataDir: string }

/** Starts Weir with everything on and one provider named `bench`, whose chat completions are at this origin. `more` is what else its configuration says. */
export async function startGateway (dir: string, upstream: string, more: object = {}): Promise<BenchGateway> {
  const weir = join(packageRoot(), 'bin', 'weir.js')
  mkdirSync(dir, { recursive: true })
  const dataDir = join(dir, 'data')
  const config = join(dir, 'weir.yaml')
  writeFileSync(config, JSON.stringify({ dataDir, listen: { port: 0 }, providers: { bench: { format: 'openai-chat', baseUrl: `${upstream}/v1`, models: { bench: { price: { perMillionInput: 1, perMillionOutput: 4 } } } } }, ...more }))
  const set = spawnSync(process.execPath, [weir, 'keys', 'set', 'bench', '--env', 'DEV', '--data-dir', dataDir], { input: 'bench-key', encoding: 'utf8' })
  if (set.status !== 0) throw new Error(`the key was not set: ${set.stderr}`)
  const started = await waitForLine(spawn(process.execPath, [weir, 'start', '--config', config, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] }))
  const { url, token } = JSON.parse(started.line) as { url: string, token: string }
  return { ...started, url, token, dataDir }
}
