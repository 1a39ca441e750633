import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installedAgent } from '../../gateway/sessions/installed-agent.ts'
import { clientEnv } from './opencode-client.ts'
import { until } from './until.ts'

const SIZE = ['-x', '120', '-y', '50'] as const
const run = promisify(execFile)

/** The real terminal interface of OpenCode, in a terminal of its own. */
export interface TerminalClient {
  /** Types a text; Enter is a key of its own. */
  type (text: string): void
  /** Presses keys by tmux's names, e.g. `Escape`. */
  press (...keys: string[]): void
  /** Waits until the screen shows this, and returns the screen; the test's own time limit ends a vain wait. */
  shows (text: RegExp): Promise<string>
  /** Whether the screen shows this within as many looks. */
  showsIn (looks: number, text: RegExp): Promise<boolean>
}

interface Terminal { readonly dir: string, readonly url: string, readonly token: string }

/** Attaches `opencode attach` to a gateway in a tmux server of its own, with a token and nothing else. */
export function attachTerminal (t: { teardown (cleanUp: () => void): void }, { dir, url, token }: Terminal): TerminalClient {
  const env = clientEnv(join(dir, 'tui'), token)
  const socket = join(dir, 'tmux')
  const tmux = (...args: string[]): void => { execFileSync('tmux', ['-S', socket, ...args], { env }) }
  tmux('-f', '/dev/null', 'new-session', '-d', ...SIZE, '-c', join(dir, 'tui', 'work'), `${installedAgent('opencode', process.env)} attach ${url}`)
  t.teardown(() => { tmux('kill-server') })
  const screenNow = async (): Promise<string> => (await run('tmux', ['-S', socket, 'capture-pane', '-p'], { env })).stdout
  return {
    type: (text) => { tmux('send-keys', '-l', text) },
    press: (...keys) => { tmux('send-keys', ...keys) },
    async shows (text) {
      let screen = ''
      await until(async () => {
        screen = await screenNow()
        return text.test(screen)
      })
      return screen
    },
    async showsIn (looks, text) {
      let left = looks
      let isShown = false
      await until(async () => {
        left -= 1
        isShown = text.test(await screenNow())
        return isShown || left <= 0
      })
      return isShown
    },
  }
}
