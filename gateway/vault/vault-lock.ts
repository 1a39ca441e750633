import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { GatewayError } from '../core/errors.ts'
import { lockWriter, type WriterLock } from '../ledger/writer-lock.ts'

const WAIT_MS = 5_000 // a write takes some milliseconds
const RETRY_MS = 20

/**
 * Changes the vault alone: a gateway and a command that each read, changed and replaced the file would lose one of the changes.
 *
 * @throws GatewayError WEIR_ERR_VAULT when another process holds it for seconds, and what `change` throws
 */
export async function withVaultLock<T> (file: string, change: () => Promise<T>): Promise<T> {
  const dir = join(dirname(file), 'vault-lock')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const lock = await taken(dir, performance.now() + WAIT_MS)
  try {
    return await change()
  } finally {
    await lock.release()
  }
}

async function taken (dir: string, untilMs: number): Promise<WriterLock> {
  for (;;) {
    try {
      return await lockWriter(dir)
    } catch (cause) {
      const isHeld = cause instanceof GatewayError && cause.code === 'WEIR_ERR_LEDGER_LOCKED'
      if (!isHeld || performance.now() > untilMs) throw new GatewayError('WEIR_ERR_VAULT', 'Another process is writing to the vault.', { cause })
    }
    await setTimeout(RETRY_MS)
  }
}
