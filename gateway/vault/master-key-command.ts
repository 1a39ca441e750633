import { execFile } from 'node:child_process'
import { GatewayError } from '../core/errors.ts'
import { decodeMasterKey, type MasterKey } from './master-key.ts'

/** A program and its arguments, e.g. a cloud KMS client that unwraps a key. Run without a shell. */
export type MasterKeyCommand = readonly string[]

const TIMEOUT_MS = 15_000 // a KMS answers in under one second; start-up must not hang on one that does not
const MAX_OUTPUT_BYTES = 1_024 // a key has 64 characters at most

/**
 * Runs a command that prints a master key on standard output, in hex or base64.
 *
 * @throws GatewayError WEIR_ERR_VAULT without the command's output or arguments, in which a key or a credential may stand
 */
export async function masterKeyByCommand (command: MasterKeyCommand, env: NodeJS.ProcessEnv): Promise<MasterKey> {
  const [program = '', ...args] = command
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(program, args, { env: without(env), timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout) => {
      if (error === null) return resolve(stdout)
      reject(new GatewayError('WEIR_ERR_VAULT', `The command for the master key failed (${reasonOf(error)}).`))
    })
    child.stdin?.on('error', () => child.stdin?.destroy()) // a program that reads nothing may be gone already
    child.stdin?.end()
  })
  return decodeMasterKey(output, 'What the command for the master key prints')
}

// It needs the environment for its own credentials; it does not need ours.
function without (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { WEIR_MASTER_KEY: _current, WEIR_MASTER_KEY_NEXT: _next, ...rest } = env
  return rest
}

function reasonOf (error: Error & { readonly code?: number | string | null, readonly killed?: boolean }): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it prints more than a key'
  if (error.killed === true) return `it took longer than ${TIMEOUT_MS / 1_000} seconds`
  if (typeof error.code === 'string') return error.code
  return typeof error.code === 'number' ? `exit code ${error.code}` : 'ended by a signal'
}
