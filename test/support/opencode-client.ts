import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { installedAgent } from '../../gateway/sessions/installed-agent.ts'

export interface ClientRun { readonly code: number | null, readonly stdout: string, readonly stderr: string }

/** The environment of an OpenCode client that knows nothing of Weir but the token, and never looks for the internet. */
export function clientEnv (home: string, token: string): NodeJS.ProcessEnv {
  mkdirSync(join(home, 'work'), { recursive: true })
  return {
    PATH: process.env['PATH'],
    HOME: home,
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    OPENCODE_SERVER_PASSWORD: token,
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  }
}

/** One run of the real `opencode run --attach`. */
export async function opencodeRun (url: string, token: string, home: string, prompt: string, args: readonly string[] = []): Promise<ClientRun> {
  return await runOpencode(home, ['run', '--attach', url, ...args, '--', prompt], { OPENCODE_SERVER_PASSWORD: token })
}

/** One run of the real `opencode` in its own home; it has a token only when the environment says so. */
export async function runOpencode (home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ClientRun> {
  const own = { ...clientEnv(home, ''), OPENCODE_SERVER_PASSWORD: undefined, ...env }
  const child = spawn(installedAgent('opencode', process.env), args, { cwd: join(home, 'work'), env: own, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { output.stderr += text })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, ...output }
}
