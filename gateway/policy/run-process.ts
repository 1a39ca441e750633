import { execFile } from 'node:child_process'

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024 // native answers to thousands of inputs come on stdout

// Processes of a second: Go's collector was a quarter of OPA's processor time, for memory that its end gives back anyway.
const COLLECT_LESS = { GOGC: '400' }

/** A finished process. `code` is its exit code; a process ended by a signal throws instead. */
export interface Ran { readonly code: number, readonly stdout: string, readonly stderr: string }

/**
 * Runs a program to its end with an environment of its own (no credential of this process reaches it).
 *
 * @throws Error when it cannot be started, is killed, runs past `timeoutMs` or writes more than 64 MiB
 */
export async function runProcess (path: string, args: readonly string[], options: { readonly cwd: string, readonly timeoutMs: number }): Promise<Ran> {
  return await new Promise((resolve, reject) => {
    execFile(path, args, {
      cwd: options.cwd,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      env: { HOME: options.cwd, LANG: 'C.UTF-8', ...COLLECT_LESS },
    }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
      reject(error)
    })
  })
}
