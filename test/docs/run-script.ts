import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a script to its end; `output` is all that it wrote. Not synchronous: the test may serve what the script asks for. */
export async function runScript (program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<{ readonly code: number | null, readonly output: string }> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const [code] = await once(child, 'close') as [number | null]
  return { code, output }
}
