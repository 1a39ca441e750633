import { request } from 'node:http'
import { linkSync, lstatSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const TRY_MS = 1_500 // the first connections to a starting agent can hang
const BETWEEN_MS = 60

/**
 * Takes the agent's socket out of the folder that the sandbox can write, once it is there.
 *
 * A hard link names the very socket the sandbox made. Connecting to the path in the shared folder instead would follow
 * whatever the agent puts there later: a link to any socket of the host, which would then be sent the agent's requests.
 *
 * @returns false when there is none yet
 */
function adoptSocket (made: string, adopted: string): boolean {
  try {
    linkSync(made, adopted)
  } catch {
    return false // the relay has not come up yet: asked again shortly, until the start times out
  }
  if (lstatSync(adopted).isSocket()) return true
  rmSync(adopted)
  return false
}

/**
 * Waits until the agent answers its health route.
 *
 * @returns false when `signal` ended the wait
 */
export async function untilHealthy (socketPath: string, madePath: string, authorization: string, signal: AbortSignal): Promise<boolean> {
  let adopted = false
  while (!signal.aborted) {
    adopted ||= adoptSocket(madePath, socketPath)
    if (adopted && await isHealthy(socketPath, authorization)) return true
    await pause(BETWEEN_MS)
  }
  return false
}

function isHealthy (socketPath: string, authorization: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ socketPath, path: '/global/health', headers: { authorization }, timeout: TRY_MS, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    probe.on('timeout', () => { probe.destroy() }).on('error', () => { resolve(false) })
    probe.end()
  })
}
