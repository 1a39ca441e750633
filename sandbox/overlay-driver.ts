import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../gateway/core/errors.ts'
import { isIssued } from '../gateway/core/permit.ts'
import { cpuList } from './cpu-list.ts'
import type { Driver, DriverOptions } from './driver.ts'
import { openHolder } from './holder.ts'
import { npmFolder, systemShells } from './host-paths.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { OverlaySandbox } from './overlay-sandbox.ts'
import { ownProcessLimit } from './process-limit.ts'
import { makeRunFolder, openRunBase, removeTree, stageRuntime, type RuntimeFolder } from './run-folder.ts'
import type { Sandbox, SandboxDriver, SandboxSpec } from './sandbox.ts'
import { seccompFilter } from './seccomp.ts'
import type { Walls } from './walls.ts'

/**
 * A driver that keeps each session's overlay mounted in a user namespace and puts `makeWalls`' walls around what runs on
 * it. Used from the main thread only: the kernel ends a sandbox with the thread that started it.
 *
 * Removes what an earlier process left in the run folder: only one gateway may use a data directory at a time.
 *
 * @param makeWalls gets the folder that all sandboxes of the driver share; one kind of walls is for everything
 * @param keepsSpare each sandbox keeps a jail that waits for its next command
 * @throws GatewayError WEIR_ERR_SANDBOX
 */
export async function createOverlayDriver (options: DriverOptions, makeWalls: (runtime: RuntimeFolder) => Walls | Pick<Driver, 'walls' | 'readerWalls'>, keepsSpare: boolean = false): Promise<SandboxDriver> {
  const filter = filterOfThisMachine()
  const limits = options.limits ?? DEFAULT_LIMITS
  const base = await openRunBase(options.dataDir)
  const runtime = stageRuntime(base, join(import.meta.dirname, 'inside'))
  const driver: Driver = { options, base, runtime, filter, ...wallsOf(makeWalls(runtime)), npm: npmFolder(process.execPath), shells: systemShells(), limits, cpus: limits.cpus === null ? null : cpuList(limits.cpus), keepsSpare }
  return {
    async open (permit, spec) {
      if (!isIssued(permit)) throw new GatewayError('WEIR_ERR_DENIED', 'Nothing starts without a permit.')
      return await openSandbox(driver, spec)
    },
    async close () {
      await removeTree(base)
    },
  }
}

function wallsOf (made: Walls | Pick<Driver, 'walls' | 'readerWalls'>): Pick<Driver, 'walls' | 'readerWalls'> {
  return typeof made === 'function' ? { walls: made, readerWalls: made } : made
}

async function openSandbox (driver: Driver, spec: SandboxSpec): Promise<Sandbox> {
  const run = makeRunFolder(driver.base)
  try {
    const lowerDir = realpathSync(spec.lowerDir)
    const holder = await openHolder({ lower: lowerDir, upper: run.upper, work: run.work, merged: run.merged }, ownProcessLimit(driver.limits))
    return new OverlaySandbox(driver, run, holder, { ...spec, lowerDir })
  } catch (error) {
    await removeTree(run.dir)
    throw error instanceof GatewayError ? error : new GatewayError('WEIR_ERR_SANDBOX', undefined, { cause: error })
  }
}

function filterOfThisMachine (): Buffer {
  try {
    return seccompFilter(process.arch)
  } catch (error) {
    throw new GatewayError('WEIR_ERR_SANDBOX', `There is no system-call filter for ${process.arch}; sandboxes need x64 or arm64.`, { cause: error })
  }
}
