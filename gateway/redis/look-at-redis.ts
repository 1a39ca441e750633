import { openRedisLink } from './redis-link.ts'

const TIMEOUT_MS = 3_000

/**
 * Connects, runs a script as gateways do, and goes. @returns what was found, in words
 *
 * @throws Error why Redis cannot be used; GatewayError WEIR_ERR_CONFIG_INVALID when the URL cannot be read
 */
export async function lookAtRedis (url: string, ca?: string): Promise<string> {
  const link = openRedisLink({ url, ca, timeoutMs: TIMEOUT_MS })
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      link.onReady(resolve)
      timer = setTimeout(() => reject(new Error(`no connection within ${TIMEOUT_MS / 1_000} s`, { cause: link.failure() })), TIMEOUT_MS)
    })
    const [seconds] = await link.run('return redis.call(\'TIME\')', [], []) as [string]
    return `a script ran there; its clock is ${Math.abs(Date.now() / 1_000 - Number(seconds)).toFixed(0)} s away from this one`
  } finally {
    clearTimeout(timer)
    link.close()
  }
}
