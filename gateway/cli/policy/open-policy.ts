import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { GatewayError } from '../../core/errors.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import { packageRoot } from '../../package-root.ts'
import { openPolicyEngine, type PolicyEngine } from '../../policy/engine.ts'
import { findOpa } from '../../policy/opa-binary.ts'
import type { Io } from '../io.ts'

/** Compiles a policy folder for one command. Nothing is kept: an author's try leaves no bundle behind. */
export async function withEngine (io: Io, dir: string | undefined, use: (engine: PolicyEngine) => void | Promise<void>): Promise<void> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-policy-cache-'))
  try {
    await use(await openPolicyEngine({ dir: await folderOf(io, dir), opa: await findOpa(io.env), cacheDir, onEvent: () => {} }))
  } finally {
    await rm(cacheDir, { recursive: true, force: true })
  }
}

/** The folder that was named, else `./policies` when it is one of Weir's, else the one that comes with Weir. */
export async function folderOf (io: Io, dir: string | undefined): Promise<string> {
  if (dir !== undefined) return resolve(io.cwd, dir)
  const own = resolve(io.cwd, 'policies')
  return await readFile(join(own, 'weir', 'main', 'main.rego')).then(() => own, () => join(packageRoot(), 'policies'))
}

/** @throws GatewayError WEIR_ERR_DECODE_MALFORMED when the file is missing or not JSON */
export async function readInput (file: string): Promise<PolicyInput> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The input ${file} could not be read as JSON.`, { cause })
  }
  // Rules judge the shape themselves, and deny every other: an author may ask with a broken input on purpose.
  return value as PolicyInput
}
